// A long saved session, made quickly: the kernel's own steps and records without its waits. Turns of questions, model
// calls, tool calls and answers, in the sizes of ordinary work.
import { effectKey, effectKinds, type PendingEffect } from "../machines/effects.ts";
import { stepSession } from "../machines/session.ts";
import { emptySession, type SessionState } from "../machines/session_state.ts";
import { checkedMachineVersion } from "../machines/version.ts";
import { withArgsOf } from "../actors/packing.ts";
import type { LogRecord, LogStore, SessionLog } from "../src/log/port.ts";
import { type FactDraft, factVersions, mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";

const roundsPerTurn = 6;
const callsPerRound = 2;
const batchRecords = 5_000;
const promptChars = 200;
const replyChars = 240;
const outputChars = 700;
const epoch = 1;

export interface SavedSession {
  log: SessionLog;
  state: SessionState;
}

/** Writes a session of at least so many facts, whole turns, into a store. */
export async function writeSession(
  store: LogStore,
  options: { sessionId: string; facts: number; workspace: string },
): Promise<SavedSession> {
  const writer = createWriter();
  writer.tell(creation(options.sessionId, options.workspace));
  const log = await store.create(options.sessionId, epoch, writer.take());
  const head = await log.putBlob(
    new TextEncoder().encode(JSON.stringify({ system: words(2_000), tools: [] })),
  );
  while (log.head < options.facts) {
    while (writer.pending() < batchRecords && writer.state().seq < options.facts) turn(writer, head);
    await log.append(epoch, log.head, writer.take());
  }
  return { log, state: writer.state() };
}

interface Writer {
  state(): SessionState;
  /** Steps a fact that the machines must take, and what follows from it. */
  tell(draft: FactDraft): PendingEffect[];
  pending(): number;
  take(): LogRecord[];
}

function createWriter(): Writer {
  let state = emptySession;
  const records: LogRecord[] = [];
  const begin = Date.parse("2026-01-01T00:00:00.000Z");
  return {
    state: () => state,
    tell(draft) {
      const at = new Date(begin + state.seq * 40).toISOString();
      const fact = { ...draft, seq: state.seq + 1, at, v: factVersions[draft.type] };
      const step = stepSession(state, fact);
      if (step.ignored) throw new Error(`The saved session refuses "${draft.type}": ${step.why}`);
      state = step.state;
      records.push(toRecord(fact, step.post, step.effects));
      return step.effects;
    },
    pending: () => records.length,
    take: () => records.splice(0, records.length),
  };
}

function toRecord(
  fact: FactDraft & { seq: number; at: string; v: number },
  post: string,
  effects: readonly PendingEffect[],
): LogRecord {
  const { seq, at, v, actor, type } = fact;
  // Fact data is JSON by its schemas.
  const data = fact.data as unknown as JsonObject;
  const record: LogRecord = { seq, at, epoch, actor, type, v, data, post };
  if (effects.length > 0) {
    record.effects = effects.map(({ kind, actor, params }) => ({
      id: effectKey({ kind, actor, params }),
      kind,
      actor,
      params,
    }));
  }
  return record;
}

/** One turn: a message, rounds of model calls with tool calls, a last answer. */
function turn(writer: Writer, head: string): void {
  const actor = mainActor;
  const n = writer.state().seq;
  const message = { message_id: `m${n}`, text: words(promptChars), delivery: "steer" as const };
  let request = requestOf(writer.tell({ actor, type: "message.received", data: message }));
  for (let round = 0; round < roundsPerTurn; round++) {
    call(writer, request, head);
    const calls = Array.from({ length: callsPerRound }, (_, index) => ({
      call_id: `c${request.slice(1)}-${index + 1}`,
      name: "Read",
      args: { file_path: `src/part_${n % 97}/file_${index}.ts`, offset: 1 + (n % 500), limit: 200 },
    }));
    reply(writer, request, calls);
    const replied = writer.state().seq;
    for (const { args: _, ...known } of calls) {
      const { args } = withArgsOf({}, replied);
      const data = {
        ...known,
        args: typeof args === "object" && args !== null && !Array.isArray(args) ? args : {},
      };
      writer.tell({ actor, type: "call.proposed", data: { ...data, by: "model" } });
    }
    for (const { call_id, name } of calls) {
      writer.tell({ actor, type: "call.started", data: { call_id, name, attempt: 1 } });
    }
    for (const { call_id, name } of calls) {
      const data = { call_id, name, output: words(outputChars), truncated: false };
      const effects = writer.tell({ actor, type: "call.finished", data });
      if (effects.some(({ kind }) => kind === "model.call")) request = requestOf(effects);
    }
  }
  call(writer, request, head);
  const effects = reply(writer, request, []);
  const end = effects.find(({ kind }) => effectKinds[kind].class === "follow_up");
  const steps = Number(end?.params.steps ?? roundsPerTurn + 1);
  writer.tell({ actor, type: "turn.ended", data: { outcome: "completed", steps } });
}

type Calls = Extract<FactDraft, { type: "model.replied" }>["data"]["calls"];

function call(writer: Writer, request_id: string, head: string): void {
  const attempt = { provider: "scripted", model: "demo", attempt: 1 };
  const data = { request_id, ...attempt, head: { blob: head, bytes: 2_000 }, request_sha256: "0".repeat(64) };
  writer.tell({ actor: mainActor, type: "model.called", data });
}

function reply(writer: Writer, request_id: string, calls: Calls): PendingEffect[] {
  const usage = { input_tokens: 12_000, output_tokens: 90 };
  const stop_reason = calls.length > 0 ? "tool_calls" : "stop";
  const data = { request_id, text: words(replyChars), calls, usage, stop_reason };
  return writer.tell({ actor: mainActor, type: "model.replied", data });
}

function requestOf(effects: readonly PendingEffect[]): string {
  const asked = effects.find(({ kind }) => kind === "model.call");
  if (asked === undefined) throw new Error("The saved session expected a model call");
  return String(asked.params.request_id);
}

function creation(session_id: string, workspace: string): FactDraft {
  return {
    actor: mainActor,
    type: "session.created",
    data: {
      session_id,
      workspace,
      add_dirs: [],
      provider: "scripted",
      model: "demo",
      agent_mode: "single",
      permission_mode: "default",
      machine_version: checkedMachineVersion(),
    },
  };
}

const sentence = 'The function "open" reads the file, and returns what it found there. ';

function words(chars: number): string {
  return sentence.repeat(Math.ceil(chars / sentence.length)).slice(0, chars);
}
