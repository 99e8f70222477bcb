// Replay: what a saved session was at any point, what its model was sent, and the proof that both are right.
import { sessionDigest, toPlainSession } from "../machines/plain_session.ts";
import { stepSession } from "../machines/session.ts";
import { emptySession, mainStatus, type SessionState, stateName } from "../machines/session_state.ts";
import { createTranscript, type Transcript } from "../machines/transcript.ts";
import type { SessionLog } from "../src/log/port.ts";
import { type Fact, type FactOf, mainActor } from "../src/protocol/facts.ts";
import type {
  Approval,
  RequestView,
  SessionStatus,
  SessionSummary,
  SessionView,
  VerifyReport,
} from "../src/protocol/http.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Provider } from "../src/providers/contract.ts";
import { type Divergence, facts, isProven } from "./fold.ts";
import { workBeside } from "./at_work.ts";
import { backgroundOf, pausedOf, questionsOf, tasksOf } from "./work_views.ts";
import { loadHead, modelRequest, type RequestHead, wireHash } from "./model_request.ts";
import { readFacts } from "./packing.ts";
import { treeOf } from "./tree_view.ts";

/** Heads of requests that a proof keeps in memory: each agent of a session has one of its own. */
const headsKept = 200;

export type ProviderOf = (name: string) => Provider | undefined;

export function summaryOf(sessionId: string, state: SessionState): SessionSummary {
  const { meta } = state;
  if (meta === null) {
    throw new Problem("log_damaged", `Cannot read session "${sessionId}": it has no beginning`);
  }
  const asks = asksIn(state);
  const works = workBeside(state).length;
  return {
    session_id: sessionId,
    name: meta.name,
    status: statusOf(state),
    seq: state.seq,
    created_at: meta.createdAt,
    updated_at: state.at,
    workspace: meta.workspace,
    provider: meta.provider,
    model: meta.model,
    permission_mode: meta.permissionMode,
    ...(meta.sandbox === null ? {} : { sandbox: meta.sandbox }),
    forked_from: meta.forkedFrom,
    ...(asks === 0 ? {} : { asks }),
    ...(works === 0 ? {} : { works }),
  };
}

/** How often a person is waited for; that the main agent is paused at a limit, its status says. */
function asksIn({ calls, agents, supervisors }: SessionState): number {
  const asking = Object.values(calls)
    .filter(({ asked, snapshot }) => asked !== null || stateName(snapshot) === "questioning");
  const paused = Object.entries(agents)
    .filter(([path, snapshot]) => path !== mainActor && stateName(snapshot) === "paused");
  // A workflow below a paused one goes on with it.
  const isPaused = (path: string) =>
    supervisors[path] !== undefined && stateName(supervisors[path].snapshot) === "paused";
  const held = Object.entries(supervisors).filter(([path, { parent }]) =>
    isPaused(path) && !isPaused(parent)
  );
  return asking.length + paused.length + held.length;
}

function statusOf(state: SessionState): SessionStatus {
  const status = mainStatus(state);
  // The names of the agent machine's states, but for its own word for an archived session.
  return status === "stopped" ? "archived" : status as SessionStatus;
}

export function approvalsOf(state: SessionState, transcript: Transcript): Approval[] {
  return Object.entries(state.calls).flatMap(([call_id, call]) => {
    if (call.asked === null) return [];
    const { digest, seq } = call.asked;
    const record = transcript.call(call_id);
    const node = record?.node === undefined ? {} : { node: record.node };
    const prompt = record?.prompt ?? "";
    return [{ call_id, name: call.name, actor: call.actor, ...node, prompt, digest, ...record?.asked, seq }];
  });
}

export function viewOf(sessionId: string, state: SessionState, transcript: Transcript): SessionView {
  const plain = toPlainSession(state);
  const meta = state.meta;
  return {
    session_id: sessionId,
    seq: state.seq,
    conversation: [...transcript.messages(mainActor)],
    state: {
      summary: summaryOf(sessionId, state),
      digest: sessionDigest(state),
      actors: json({ ...plain.agents, ...plain.children, ...plain.supervisors }),
      tree: treeOf(state, transcript),
      calls: json(plain.calls),
      effects: json(plain.effects),
      approvals: approvalsOf(state, transcript),
      questions: questionsOf(state, transcript),
      paused: pausedOf(state, transcript),
      budgets: transcript.ledger.rows(Date.parse(state.at)),
      todos: [...transcript.work.todos()],
      tasks: tasksOf(transcript),
      background: transcript.work.backgrounds().map(backgroundOf),
      worktree: meta?.worktree ?? null,
      usage_by_actor: transcript.usage.byActor(),
      usage_by_model: transcript.usage.byModel(),
      usage: {
        input_tokens: meta?.inputTokens ?? 0,
        output_tokens: meta?.outputTokens ?? 0,
        ...(meta?.costUsd === null || meta === null ? {} : { cost_usd: meta.costUsd }),
      },
    },
  };
}

function json(value: object): Record<string, JsonValue> {
  // States are JSON by the determinism rules.
  return value as Record<string, JsonValue>;
}

/** The exact body that a model call was sent, rebuilt from the facts before it, and whether its hash is the recorded one. */
export async function requestOf(
  log: SessionLog,
  requestId: string,
  providerOf: ProviderOf,
): Promise<RequestView> {
  const transcript = createTranscript();
  let found: RequestView | undefined;
  for await (const fact of facts(log)) {
    if (fact.type === "model.called" && (fact.data.request_id === requestId || requestId === "last")) {
      found = await rebuild(fact, await loadHead(fact.data.head, log), { transcript, providerOf });
      // A call that was made again after a restart is found by its last attempt.
    }
    transcript.apply(fact);
  }
  if (found !== undefined) return found;
  throw new Problem(
    "not_found",
    `Cannot show model call "${requestId}": session "${log.sessionId}" has none of that id`,
  );
}

function rebuild(
  fact: FactOf<"model.called">,
  head: RequestHead,
  parts: { transcript: Transcript; providerOf: ProviderOf },
): RequestView {
  const { request_id, provider: name, model, request_sha256 } = fact.data;
  const provider = parts.providerOf(name);
  if (provider === undefined) {
    throw new Problem(
      "bad_config",
      `Cannot rebuild model call "${request_id}": no provider "${name}" is configured`,
    );
  }
  const messages = parts.transcript.forRequest(fact.actor);
  const wire: JsonObject = provider.encode(modelRequest({ provider: name, model }, head, messages));
  const sha256 = wireHash(wire);
  return {
    request_id,
    seq: fact.seq,
    provider: name,
    model,
    wire,
    sha256,
    recorded_sha256: request_sha256,
    matches: sha256 === request_sha256,
  };
}

/** Reads heads, and each but once: many requests have the same. */
function headReader(log: SessionLog): (ref: JsonValue) => Promise<RequestHead> {
  const known = new Map<string, RequestHead>();
  return async (ref) => {
    const key = JSON.stringify(ref);
    const before = known.get(key);
    if (before !== undefined) return before;
    const head = await loadHead(ref, log);
    const [oldest] = known.keys();
    if (known.size >= headsKept && oldest !== undefined) known.delete(oldest);
    known.set(key, head);
    return head;
  };
}

/** Folds the whole log from its first record, without snapshots, and proves every digest and every model request. */
export async function verifyLog(
  log: SessionLog,
  options: { live: SessionState | null; providerOf: ProviderOf; machineVersion: string },
): Promise<VerifyReport> {
  const transcript = createTranscript();
  const headOf = headReader(log);
  const end = options.live?.seq ?? log.durable;
  let state = emptySession;
  let requests = 0;
  let diverged: Divergence | null = null;
  let digests = 0;
  let unproven = 0;
  const pageRecords = 1_000;
  while (state.seq < end && diverged === null) {
    const records = await log.read(state.seq + 1, Math.min(pageRecords, end - state.seq));
    if (records.length === 0) break;
    const page: Fact[] = await readFacts(records, log);
    for (const [index, fact] of page.entries()) {
      const expected = records[index]?.post ?? "";
      const step = stepSession(state, fact);
      const proven = isProven(step, options.machineVersion);
      if (step.ignored || (proven && step.post !== expected)) {
        diverged = { seq: fact.seq, expected, found: step.ignored ? step.why : step.post, what: "state" };
        break;
      }
      if (proven && fact.type === "model.called" && options.providerOf(fact.data.provider) !== undefined) {
        const head = await headOf(fact.data.head);
        const view = rebuild(fact, head, { transcript, providerOf: options.providerOf });
        if (!view.matches) {
          diverged = { seq: fact.seq, expected: view.recorded_sha256, found: view.sha256, what: "request" };
          break;
        }
        requests += 1;
      }
      if (proven) digests += 1;
      else unproven += 1;
      state = step.state;
      transcript.apply(fact);
    }
  }
  const final_digest = sessionDigest(state);
  const live_digest = options.live === null ? null : sessionDigest(options.live);
  return {
    session_id: log.sessionId,
    ok: diverged === null && (live_digest === null || live_digest === final_digest) && state.seq === end,
    records: state.seq,
    digests,
    requests,
    unproven,
    final_digest,
    live_digest,
    diverged,
  };
}
