// Plans: what the model server does with one request, as raw bytes, waits and cuts; and faults as changes to a plan.
const encoder = new TextEncoder();

/** Bytes to send, a pause, a broken connection, or a connection that stays open and says nothing more. */
export type Step = Uint8Array | { waitMs: number } | "cut" | "silence";

export interface Plan {
  status: number;
  headers: Record<string, string>;
  steps: Step[];
}

export interface PlannedCall {
  /** Left out of the stream when null. */
  id?: string | null;
  name: string;
  /** A string is sent as it is. */
  args: Record<string, unknown> | string;
}

export interface Answer {
  /** One chunk for each piece. */
  text?: string | readonly string[];
  calls?: readonly PlannedCall[];
  /** Null sends no finish reason. */
  finish?: string | null;
  /** Null sends no usage. */
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  /** False sends no `[DONE]`. */
  done?: boolean;
}

/** Characters of the arguments that go into one chunk. */
const argsPiece = 7;

/** A regular streamed answer. */
export function answer(given: Answer = {}): Plan {
  const calls = given.calls ?? [];
  const texts = typeof given.text === "string" ? [given.text] : given.text ?? [];
  const finish = given.finish === undefined ? (calls.length > 0 ? "tool_calls" : "stop") : given.finish;
  const usage = given.usage === undefined ? { prompt_tokens: 11, completion_tokens: 7 } : given.usage;
  const chunks = [
    delta({ role: "assistant", content: "" }),
    ...texts.map((content) => delta({ content })),
    ...calls.flatMap((call, index) => callDeltas(call, index)),
    ...(finish === null ? [] : [delta({}, finish)]),
    ...(usage === null ? [] : [chunk({ choices: [], usage: { ...usage, total_tokens: 18 } })]),
  ];
  return sse([...chunks.map(event), ...(given.done === false ? [] : [bytes("data: [DONE]\n\n")])]);
}

function callDeltas(call: PlannedCall, index: number): unknown[] {
  const args = typeof call.args === "string" ? call.args : JSON.stringify(call.args);
  const id = call.id === null ? {} : { id: call.id ?? `call_${index}` };
  const head = { index, ...id, type: "function", function: { name: call.name, arguments: "" } };
  const parts: unknown[] = [delta({ tool_calls: [head] })];
  for (let at = 0; at < args.length; at += argsPiece) {
    const piece = { index, function: { arguments: args.slice(at, at + argsPiece) } };
    parts.push(delta({ tool_calls: [piece] }));
  }
  return parts;
}

/** A refusal in the form of the OpenAI API. */
export function refuse(status: number, message: string, headers: Record<string, string> = {}): Plan {
  const body = JSON.stringify({ error: { message, type: "error", code: null } });
  return { status, headers: { "content-type": "application/json", ...headers }, steps: [bytes(body)] };
}

/** Any page: an HTML answer, a wrong content type. */
export function page(status: number, contentType: string, body: string): Plan {
  return { status, headers: { "content-type": contentType }, steps: [bytes(body)] };
}

/** A stream of exactly these steps. */
export function sse(steps: Step[]): Plan {
  return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, steps };
}

/** One server-sent event with this JSON. */
export function event(data: unknown): Uint8Array {
  return bytes(`data: ${JSON.stringify(data)}\n\n`);
}

/** One chunk of the only choice. */
export function delta(content: Record<string, unknown>, finish: string | null = null): unknown {
  return chunk({ choices: [{ index: 0, delta: content, finish_reason: finish }] });
}

export function chunk(fields: Record<string, unknown>): unknown {
  return { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "local", ...fields };
}

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Breaks the connection after this many bytes of the body. */
export function cutAfter(plan: Plan, bytesSent: number): Plan {
  const steps: Step[] = [];
  let left = bytesSent;
  for (const step of plan.steps) {
    if (!(step instanceof Uint8Array)) {
      steps.push(step);
      continue;
    }
    if (step.length > left) {
      steps.push(step.subarray(0, left));
      break;
    }
    left -= step.length;
    steps.push(step);
  }
  return { ...plan, steps: [...steps, "cut"] };
}

/** Says nothing more after this many steps, and keeps the connection open. */
export function silentAfter(plan: Plan, steps: number): Plan {
  return { ...plan, steps: [...plan.steps.slice(0, steps), "silence"] };
}

/** Ends the stream in good order after this many steps, as a proxy does whose upstream went away. */
export function endedAfter(plan: Plan, steps: number): Plan {
  return { ...plan, steps: plan.steps.slice(0, steps) };
}

/** Waits before each step. */
export function slowed(plan: Plan, waitMs: number): Plan {
  return { ...plan, steps: plan.steps.flatMap((step): Step[] => [{ waitMs }, step]) };
}

/** Every event twice, with event ids that show that the second is a repetition. */
export function doubledWithIds(plan: Plan): Plan {
  return {
    ...plan,
    steps: plan.steps.flatMap((step, index): Step[] => {
      if (!(step instanceof Uint8Array)) return [step];
      const tagged = new Uint8Array([...bytes(`id: ${index}\n`), ...step]);
      return [tagged, tagged];
    }),
  };
}

/** The number of bytes of a plan's body. */
export function sizeOf(plan: Plan): number {
  return plan.steps.reduce((sum, step) => sum + (step instanceof Uint8Array ? step.length : 0), 0);
}
