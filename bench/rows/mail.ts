// A hundred members of one session that write to each other: how long mail waits at a step boundary, and the memory of the
// daemon. A boundary is when the recipient has nothing else to end first: it rested, or its own step has ended. The
// calibration is the same boundary of an agent alone, from the end of its call to its next model call.
import { z } from "zod";
import type { Bench, BenchContext, Figure, Row } from "../bench.ts";
import { type DaemonProcess, startDaemon } from "../daemon.ts";
import { type ModelStream, type Send, startModelStream, type WireMessages } from "../model_stream.ts";
import { residentMb } from "../process_usage.ts";
import { figureOf } from "../samples.ts";

const members = 100;
/** Mails of each member. */
const mails = 5;
/** A model takes this long for an answer, half more or less. */
const thinkMs = 1_000;
const aloneRounds = 40;
const latencyMsMax = 50;
const memoryMbMax = 400;
const teamMs = 60_000;
const pageMax = 1_000;

const wireFact = z.object({
  seq: z.number(),
  at: z.string(),
  actor: z.string(),
  type: z.string(),
  data: z.looseObject({ to: z.array(z.string()).optional().catch(undefined) }),
});
type WireFact = z.infer<typeof wireFact>;

export const mail: Bench = {
  name: "mail",
  async run(context) {
    const model = startModelStream();
    const daemon = await startDaemon(context, { modelUrl: model.url });
    const before = await residentMb(daemon.pid);
    const alone = figureOf([await boundariesAlone(context, { daemon, model })]);
    const { waits, peakMb } = await hundred(context, { daemon, model });
    await daemon.stop();
    await model.close();
    const measured = figureOf([waits]);
    return [
      {
        name: `mail.${members}_members_latency`,
        unit: "ms",
        measured,
        calibration: { of: "boundary of an agent alone", ...alone },
        ratio: measured.p50 / alone.p50,
        aim: { text: `p99 < ${latencyMsMax} ms`, met: measured.p99 < latencyMsMax },
      },
      memoryRow(peakMb, before),
    ];
  },
};

function memoryRow(peakMb: number | null, before: number | null): Row | { name: string; skipped: string } {
  const name = `mail.${members}_members_memory`;
  if (peakMb === null || before === null) return { name, skipped: "it is read with ps" };
  const one = (mb: number): Figure => figureOf([[mb]]);
  return {
    name,
    unit: "MB",
    measured: one(peakMb),
    calibration: { of: "the daemon before", ...one(before) },
    ratio: peakMb / before,
    aim: { text: `< ${memoryMbMax} MB`, met: peakMb < memoryMbMax },
  };
}

interface Parts {
  daemon: DaemonProcess;
  model: ModelStream;
}

/** Milliseconds from the end of a call to the next model call, in a session with one agent. */
async function boundariesAlone(context: BenchContext, { daemon, model }: Parts): Promise<number[]> {
  model.answer = (send, messages) => {
    const done = messages.filter(({ role }) => role === "tool").length;
    if (done < aloneRounds) call(send, "TaskCreate", { subject: `task ${done}`, description: "one of many" });
    else send({ content: "done" });
  };
  const id = await session(context, daemon);
  await daemon.post(`/sessions/${id}/messages?wait=true`, { message: "make tasks" });
  const facts = await factsOf(daemon, id);
  return facts.flatMap((fact, index) => {
    if (fact.type !== "call.finished") return [];
    const next = facts.slice(index).find(({ type }) => type === "model.called");
    return next === undefined ? [] : [time(next) - time(fact)];
  });
}

async function hundred(
  context: BenchContext,
  { daemon, model }: Parts,
): Promise<{ waits: number[]; peakMb: number | null }> {
  model.answer = playMember;
  const id = await session(context, daemon);
  const named = Array.from({ length: members }, (_, n) => ({
    name: `m${n}`,
    prompt: `You are number ${n} of many: write to the others, then say that you are done.`,
  }));
  await daemon.post(`/sessions/${id}/teams`, {
    name: "hundred",
    goal: "write to each other",
    members: named,
  });
  let peakMb: number | null = null;
  let state: string | undefined = "running";
  for (const deadline = performance.now() + teamMs; state === "running";) {
    if (performance.now() > deadline) throw new Error(`The team has not ended within ${teamMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, thinkMs / 4));
    const mb = await residentMb(daemon.pid);
    peakMb = mb === null ? null : Math.max(peakMb ?? 0, mb);
    state = await teamState(daemon, id);
  }
  if (state !== "completed") throw new Error(`The team ended: ${state}`);
  const waits = waitsOf(await factsOf(daemon, id));
  if (waits.length !== members * mails) {
    throw new Error(`${waits.length} of ${members * mails} mails were read`);
  }
  return { waits, peakMb };
}

/** A member: it writes to others in turn, each time after a thought, and then is done; its words say which one it is. */
async function playMember(send: Send, messages: WireMessages): Promise<void> {
  const [, number = "0"] = /number (\d+) of many/.exec(JSON.stringify(messages)) ?? [];
  const me = Number(number);
  const done = messages.filter(({ role }) => role === "tool").length;
  const pace = 0.5 + ((me * 37 + done * 61) % 100) / 100;
  await new Promise((resolve) => setTimeout(resolve, thinkMs * pace));
  if (done < mails) {
    const to = `m${(me + 1 + done * 7) % members}`;
    call(send, "SendMessage", { to, message: `This is word ${done} of ${me}.` });
  } else if (done === mails) {
    // Nobody leaves while others still write to it.
    await new Promise((resolve) => setTimeout(resolve, thinkMs * (mails + 2) / 2));
    call(send, "WorkDone", { summary: "all is written" });
  } else send({ content: "over" });
}

function call(send: Send, name: string, args: Record<string, unknown>): void {
  const called = { name, arguments: JSON.stringify(args) };
  send({ tool_calls: [{ index: 0, id: "call", type: "function", function: called }] });
}

const stepEnds: ReadonlySet<string> = new Set([
  "model.replied",
  "model.failed",
  "call.finished",
  "call.failed",
  "turn.ended",
]);

/** For every mail and recipient: from its step boundary to its next model call. */
function waitsOf(facts: readonly WireFact[]): number[] {
  const waits: number[] = [];
  for (const sent of facts) {
    if (sent.type !== "team.message_sent") continue;
    for (const path of sent.data.to ?? []) {
      const after = facts.slice(sent.seq).filter(({ actor }) => actor === path);
      const read = after.findIndex(({ type }) => type === "model.called");
      const next = after[read];
      if (next === undefined) continue;
      const boundary = after.slice(0, read).findLast(({ type }) => stepEnds.has(type)) ?? sent;
      waits.push(time(next) - time(boundary));
    }
  }
  return waits;
}

function time({ at }: WireFact): number {
  return Date.parse(at);
}

async function session(context: BenchContext, daemon: DaemonProcess): Promise<string> {
  const workspace = context.scratch.folder("mail");
  const made = await daemon.post("/sessions", { workspace, permission_mode: "bypassPermissions" });
  return z.object({ session_id: z.string() }).parse(made).session_id;
}

async function teamState(daemon: DaemonProcess, id: string): Promise<string | undefined> {
  const shape = z.object({ teams: z.array(z.object({ state: z.string() })) });
  return shape.parse(await daemon.get(`/sessions/${id}/teams`)).teams[0]?.state;
}

async function factsOf(daemon: DaemonProcess, id: string): Promise<WireFact[]> {
  const facts: WireFact[] = [];
  for (;;) {
    const after = facts.at(-1)?.seq ?? 0;
    const page = await daemon.get(`/sessions/${id}/events?after=${after}&limit=${pageMax}`);
    const { events } = z.object({ events: z.array(wireFact) }).parse(page);
    if (events.length === 0) return facts;
    facts.push(...events);
  }
}
