// One session of the memory host: its commands and views over facts in memory.
import type { SessionListener, Subscription } from "../../actors/host.ts";
import type { Command, Receipt } from "../../src/protocol/commands.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import type {
  Approval,
  CreateSession,
  RequestView,
  SessionSummary,
  SessionView,
  TurnResult,
  VerifyReport,
} from "../../src/protocol/http.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { createMemoryAgent, requestWire, sha256 } from "./memory_agent.ts";
import { createMemoryFacts, type MemoryFacts } from "./memory_facts.ts";
import { approvalsOf, conversationOf, mainOf, summaryOf, turnResultOf } from "./memory_views.ts";

const actor = "main";

export interface MemorySession {
  readonly id: string;
  append(draft: FactDraft): Fact;
  command(command: Command, by: string, client?: string): Receipt;
  turn(messageId: string, signal: AbortSignal): Promise<TurnResult>;
  call(callId: string, signal: AbortSignal): Promise<{ output: string; success: boolean; name: string }>;
  view(at?: number): SessionView;
  summary(): SessionSummary;
  approvals(): Approval[];
  events(after: number, limit: number): { events: Fact[]; head: number };
  subscribe(listener: SessionListener): Subscription;
  request(requestId: string): RequestView;
  verify(): VerifyReport;
  usedAt(): number;
  close(reason: string): void;
}

let uses = 0;

/** A new session, or one with these facts. */
export function createMemorySession(
  id: string,
  origin: { input: CreateSession } | { facts: Fact[] },
): MemorySession {
  let usedAt = ++uses;
  const facts = createMemoryFacts("facts" in origin ? origin.facts : [], () => usedAt = ++uses);
  const agent = createMemoryAgent(facts);
  const receipts = new Map<string, Receipt>();
  const next = (kind: string) => `${kind}_${facts.all.length + 1}`;
  if ("input" in origin) {
    facts.append({ actor, type: "session.created", data: createdData(id, origin.input) });
  }

  function execute(command: Command, by: string, client?: string): Receipt {
    switch (command.type) {
      case "message.send": {
        const { id: message_id = next("msg"), message: text, delivery } = command;
        const { seq } = facts.append({
          actor,
          type: "message.received",
          data: { message_id, text, delivery },
        });
        agent.send(text);
        return { seq, message_id };
      }
      case "turn.cancel": {
        const { seq } = facts.append({ actor, type: "turn.cancelled", data: { by, outcome: "cancelled" } });
        agent.cancel();
        return { seq };
      }
      case "call.answer":
        return answerCall(facts, command, { by, ...(client === undefined ? {} : { client }) });
      case "tool.run": {
        const { id: call_id = next("call"), tool_call: { name, args } } = command;
        agent.runCall({ call_id, name, text: String(args.text ?? ""), by: "user" }).catch(() => {});
        return { seq: facts.all.length, call_id };
      }
      case "session.rename":
        return { seq: facts.append({ actor, type: "session.renamed", data: { name: command.name } }).seq };
      default:
        throw new Problem("conflict", `Cannot carry out "${command.type}": this session only echoes`);
    }
  }

  return {
    id,
    append: facts.append,
    command(command, by, client) {
      const key = "id" in command ? command.id : undefined;
      const before = key === undefined ? undefined : receipts.get(key);
      if (before !== undefined) return { ...before, repeated: true };
      const receipt = execute(command, by, client);
      if (key !== undefined) receipts.set(key, receipt);
      return receipt;
    },
    turn: (messageId, signal) => facts.until(() => turnResultOf(facts.all, messageId), signal),
    call: (callId, signal) => facts.until(() => resultOf(facts.all, callId), signal),
    view: (at = facts.all.length) => viewOf(id, facts.all, at),
    summary: () => summaryOf(id, facts.all),
    approvals: () => approvalsOf(facts.all),
    events: (after, limit) => ({ events: facts.all.slice(after, after + limit), head: facts.all.length }),
    subscribe: facts.subscribe,
    request: (requestId) => requestOf(facts, requestId),
    verify: () => verifyReportOf(id, facts.all),
    usedAt: () => usedAt,
    close(reason) {
      agent.stop();
      facts.close(reason);
    },
  };
}

function createdData(session_id: string, input: CreateSession) {
  const { name, context, add_dirs, agent_mode, model = "echo", workspace = "/" } = input;
  const { permission_mode = "default" } = input;
  return {
    session_id,
    workspace,
    add_dirs,
    agent_mode,
    permission_mode,
    model,
    provider: "memory",
    machine_version: "memory",
    ...(name === undefined ? {} : { name }),
    ...(context === undefined ? {} : { context }),
  };
}

function answerCall(
  facts: MemoryFacts,
  command: Extract<Command, { type: "call.answer" }>,
  who: { by: string; client?: string },
): Receipt {
  const { call_id, decision, reason = "denied" } = command;
  const asked = facts.find("call.approval_requested", (fact) => fact.data.call_id === call_id);
  if (asked === undefined) {
    throw new Problem("not_found", `Cannot answer call "${call_id}": nothing waits under that id`);
  }
  if (!approvalsOf(facts.all).some((approval) => approval.call_id === call_id)) {
    throw new Problem("conflict", `Cannot answer call "${call_id}": it was answered before`);
  }
  const { name, digest } = asked.data;
  const draft: FactDraft = decision.startsWith("allow")
    ? { actor, type: "call.approved", data: { call_id, name, ...who, decision, digest } }
    : { actor, type: "call.denied", data: { call_id, name, ...who, reason } };
  return { seq: facts.append(draft).seq, call_id };
}

function resultOf(facts: readonly Fact[], callId: string) {
  for (const { type, data } of facts) {
    if (type !== "call.finished" && type !== "call.failed" && type !== "call.denied") continue;
    if (data.call_id !== callId) continue;
    const output = type === "call.finished" ? data.output : type === "call.failed" ? data.error : data.reason;
    return { output, success: type === "call.finished", name: data.name };
  }
  return undefined;
}

function viewOf(id: string, facts: readonly Fact[], at: number): SessionView {
  if (at > facts.length) {
    throw new Problem("bad_request", `Cannot show the session at ${at}: it ends at ${facts.length}`);
  }
  const upTo = facts.slice(0, at);
  return {
    session_id: id,
    seq: at,
    conversation: conversationOf(upTo),
    state: {
      summary: summaryOf(id, upTo),
      digest: digestOf(upTo),
      actors: {},
      tree: [mainOf(upTo)],
      calls: {},
      effects: {},
      approvals: approvalsOf(upTo),
      questions: [],
      paused: [],
      todos: [],
      tasks: [],
      background: [],
      worktree: null,
      usage: { input_tokens: 0, output_tokens: 0 },
      budgets: [],
      usage_by_actor: {},
      usage_by_model: {},
    },
  };
}

function requestOf(facts: MemoryFacts, requestId: string): RequestView {
  const called = facts.find("model.called", (fact) => fact.data.request_id === requestId);
  if (called === undefined) {
    throw new Problem("not_found", `Cannot show request "${requestId}": there is none`);
  }
  const wire = requestWire(facts, called.seq - 1);
  const hash = sha256(JSON.stringify(wire));
  const { provider, model, request_sha256: recorded_sha256 } = called.data;
  const matches = hash === recorded_sha256;
  return {
    request_id: requestId,
    seq: called.seq,
    provider,
    model,
    wire,
    sha256: hash,
    recorded_sha256,
    matches,
  };
}

function verifyReportOf(session_id: string, facts: readonly Fact[]): VerifyReport {
  const digest = digestOf(facts);
  return {
    session_id,
    ok: true,
    records: facts.length,
    digests: facts.length,
    requests: facts.filter((fact) => fact.type === "model.called").length,
    unproven: 0,
    final_digest: digest,
    live_digest: digest,
    diverged: null,
  };
}

function digestOf(facts: readonly Fact[]): string {
  return sha256(JSON.stringify(facts)).slice(0, 8);
}
