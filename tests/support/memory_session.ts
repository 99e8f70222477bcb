// One session of the memory host: facts in an array, and a model that echoes what it is told.
// `hang` is never answered; `call NAME TEXT` makes the model call the tool, where `Guarded` asks a person first.
import { createHash } from "node:crypto";
import type { Subscription } from "../../actors/host.ts";
import type { SessionListener } from "../../actors/host.ts";
import type { Command, Receipt } from "../../src/protocol/commands.ts";
import type { ToolSpec } from "../../src/protocol/conversation.ts";
import type { Fact, FactDraft, FactOf } from "../../src/protocol/facts.ts";
import type { DeltaFrame } from "../../src/protocol/frames.ts";
import type {
  Approval,
  CreateSession,
  RequestView,
  SessionSummary,
  SessionView,
  TurnResult,
  VerifyReport,
} from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { approvalsOf, conversationOf, summaryOf, turnResultOf } from "./memory_views.ts";

const main = "main";
const textParameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

/** `Echo` runs at once, `Guarded` after approval. */
export const memoryTools: readonly ToolSpec[] = [
  { name: "Echo", description: "Gives back its text", parameters: textParameters },
  { name: "Guarded", description: "Gives back its text when a person agrees", parameters: textParameters },
];

export interface MemorySession {
  readonly id: string;
  append(draft: FactDraft): Fact;
  command(command: Command, by: string): Receipt;
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
  const facts: Fact[] = "facts" in origin ? [...origin.facts] : [];
  const receipts = new Map<string, Receipt>();
  const listeners = new Set<SessionListener>();
  const watchers = new Set<() => void>();
  const queue: string[] = [];
  let partial: DeltaFrame | null = null;
  let usedAt = ++uses;
  let working = false;
  let cancelled = new AbortController();

  function append(draft: FactDraft): Fact {
    const fact: Fact = { ...draft, seq: facts.length + 1, at: new Date().toISOString(), v: 1 };
    facts.push(fact);
    usedAt = ++uses;
    const encoded = listeners.size > 0 ? JSON.stringify({ type: "event", event: fact }) : "";
    for (const listener of [...listeners]) listener.event(fact, encoded);
    for (const watcher of [...watchers]) watcher();
    return fact;
  }
  function find<T extends Fact["type"]>(type: T, fits: (fact: FactOf<T>) => boolean): FactOf<T> | undefined {
    return facts.find((fact): fact is FactOf<T> => fact.type === type && fits(fact as FactOf<T>));
  }
  /** Waits until `look` finds something, looking again after every fact. */
  function until<Found>(look: () => Found | undefined, signal: AbortSignal): Promise<Found> {
    return new Promise((resolve, reject) => {
      const done = () => {
        watchers.delete(watcher);
        signal.removeEventListener("abort", stop);
      };
      const stop = () => {
        done();
        reject(new Problem("unavailable", "Cannot wait on: the wait was ended"));
      };
      const watcher = () => {
        const found = look();
        if (found === undefined) return;
        done();
        resolve(found);
      };
      watchers.add(watcher);
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      else watcher();
    });
  }
  const resultOf = (callId: string) => () =>
    facts.find((fact) =>
      ["call.finished", "call.failed", "call.denied"].includes(fact.type) &&
      "call_id" in fact.data && fact.data.call_id === callId
    );

  async function runCall(call: { call_id: string; name: string; text: string; by: "model" | "user" }) {
    const { call_id, name, text } = call;
    append({ actor: main, type: "call.proposed", data: { call_id, name, args: { text }, by: call.by } });
    if (name === "Guarded") {
      const prompt = `Guarded: ${text}`;
      append({
        actor: main,
        type: "call.approval_requested",
        data: { call_id, name, prompt, digest: sha256(prompt) },
      });
      const answer = await until(
        () =>
          find("call.approved", (fact) => fact.data.call_id === call_id) ??
            find("call.denied", (fact) => fact.data.call_id === call_id),
        cancelled.signal,
      );
      if (answer.type === "call.denied") return;
    }
    const known = memoryTools.some((tool) => tool.name === name);
    if (!known) {
      append({ actor: main, type: "call.failed", data: { call_id, name, error: `no tool "${name}"` } });
      return;
    }
    append({ actor: main, type: "call.started", data: { call_id, name, attempt: 1 } });
    append({ actor: main, type: "call.finished", data: { call_id, name, output: text, truncated: false } });
  }
  async function askModel(text: string): Promise<void> {
    const request_id = `req_${facts.length + 1}`;
    const wire = requestWire(facts.length);
    const called = append({
      actor: main,
      type: "model.called",
      data: {
        request_id,
        provider: "memory",
        model: "echo",
        attempt: 1,
        head: {},
        request_sha256: sha256(JSON.stringify(wire)),
      },
    });
    if (text === "hang") await until(() => undefined, cancelled.signal);
    const [, name, argument = ""] = /^call (\w+) (.*)$/s.exec(text) ?? [];
    const answer = name === undefined ? `You said: ${text}` : "";
    for (const word of answer.match(/\S+\s*/g)?.slice(0, 200) ?? []) {
      const offset = partial?.text.length ?? 0;
      const frame: DeltaFrame = { type: "delta", actor: main, of_seq: called.seq, offset, text: word };
      partial = { ...frame, offset: 0, text: (partial?.text ?? "") + word };
      for (const listener of [...listeners]) listener.delta(frame);
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (cancelled.signal.aborted) throw new Problem("unavailable", "cancelled");
    }
    const call_id = `call_${facts.length + 1}`;
    const calls = name === undefined ? [] : [{ call_id, name, args: { text: argument } }];
    partial = null;
    append({
      actor: main,
      type: "model.replied",
      data: {
        request_id,
        text: answer,
        calls,
        usage: { input_tokens: 1, output_tokens: 1 },
        stop_reason: "stop",
      },
    });
    if (name !== undefined) {
      await runCall({ call_id, name, text: argument, by: "model" });
      await askModel("done");
    }
  }
  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
      cancelled = new AbortController();
      try {
        await askModel(text);
        append({ actor: main, type: "turn.ended", data: { outcome: "completed", steps: 1 } });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        partial = null;
        append({ actor: main, type: "turn.ended", data: { outcome: "cancelled", steps: 1 } });
      }
    }
    working = false;
  }

  function execute(command: Command, by: string): Receipt {
    switch (command.type) {
      case "message.send": {
        const message_id = command.id ?? `msg_${facts.length + 1}`;
        const { message: text, delivery } = command;
        const { seq } = append({
          actor: main,
          type: "message.received",
          data: { message_id, text, delivery },
        });
        queue.push(text);
        void work();
        return { seq, message_id };
      }
      case "turn.cancel": {
        const { seq } = append({ actor: main, type: "turn.cancelled", data: { by, outcome: "cancelled" } });
        cancelled.abort();
        return { seq };
      }
      case "call.answer":
        return answerCall(command, by);
      case "tool.run": {
        const call_id = command.id ?? `call_${facts.length + 1}`;
        const { name, args } = command.tool_call;
        void runCall({ call_id, name, text: String(args.text ?? ""), by: "user" }).catch(() => {});
        return { seq: facts.length, call_id };
      }
      case "session.rename":
        return { seq: append({ actor: main, type: "session.renamed", data: { name: command.name } }).seq };
    }
  }
  function answerCall(command: Extract<Command, { type: "call.answer" }>, by: string): Receipt {
    const { call_id, decision, reason } = command;
    const asked = find("call.approval_requested", (fact) => fact.data.call_id === call_id);
    if (asked === undefined) {
      throw new Problem("not_found", `Cannot answer call "${call_id}": nothing waits under that id`);
    }
    if (!approvalsOf(facts).some((approval) => approval.call_id === call_id)) {
      throw new Problem("conflict", `Cannot answer call "${call_id}": it was answered before`);
    }
    const { name, digest } = asked.data;
    const draft: FactDraft = decision.startsWith("allow")
      ? { actor: main, type: "call.approved", data: { call_id, name, by, decision, digest } }
      : { actor: main, type: "call.denied", data: { call_id, name, by, reason: reason ?? "denied" } };
    return { seq: append(draft).seq, call_id };
  }
  function requestWire(before: number): JsonObject {
    const messages = JSON.parse(JSON.stringify(conversationOf(facts.slice(0, before))));
    return { model: "echo", messages };
  }

  if ("input" in origin) {
    const { name, context, add_dirs, agent_mode, permission_mode, model = "echo", workspace = "/" } =
      origin.input;
    append({
      actor: main,
      type: "session.created",
      data: {
        session_id: id,
        workspace,
        add_dirs,
        agent_mode,
        permission_mode,
        model,
        provider: "memory",
        machine_version: "memory",
        ...(name === undefined ? {} : { name }),
        ...(context === undefined ? {} : { context }),
      },
    });
  }

  return {
    id,
    append,
    command(command, by) {
      const key = "id" in command ? command.id : undefined;
      const before = key === undefined ? undefined : receipts.get(key);
      if (before !== undefined) return { ...before, repeated: true };
      const receipt = execute(command, by);
      if (key !== undefined) receipts.set(key, receipt);
      return receipt;
    },
    turn: (messageId, signal) => until(() => turnResultOf(facts, messageId), signal),
    async call(callId, signal) {
      const fact = await until(resultOf(callId), signal);
      if (fact.type === "call.finished") {
        return { output: fact.data.output, success: true, name: fact.data.name };
      }
      if (fact.type === "call.failed") {
        return { output: fact.data.error, success: false, name: fact.data.name };
      }
      if (fact.type === "call.denied") {
        return { output: fact.data.reason, success: false, name: fact.data.name };
      }
      throw new Error("a result is finished, failed or denied");
    },
    view(at = facts.length) {
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
          digest: sha256(JSON.stringify(upTo)).slice(0, 8),
          actors: {},
          calls: {},
          effects: {},
          approvals: approvalsOf(upTo),
          usage: { input_tokens: 0, output_tokens: 0 },
        },
      };
    },
    summary: () => summaryOf(id, facts),
    approvals: () => approvalsOf(facts),
    events: (after, limit) => ({ events: facts.slice(after, after + limit), head: facts.length }),
    subscribe(listener) {
      listeners.add(listener);
      return {
        head: facts.length,
        epoch: 1,
        partial: partial === null ? [] : [partial],
        unsubscribe: () => listeners.delete(listener),
      };
    },
    request(requestId) {
      const called = find("model.called", (fact) => fact.data.request_id === requestId);
      if (called === undefined) {
        throw new Problem("not_found", `Cannot show request "${requestId}": there is none`);
      }
      const wire = requestWire(called.seq - 1);
      const hash = sha256(JSON.stringify(wire));
      const recorded = called.data.request_sha256;
      return {
        request_id: requestId,
        seq: called.seq,
        provider: "memory",
        model: "echo",
        wire,
        sha256: hash,
        recorded_sha256: recorded,
        matches: hash === recorded,
      };
    },
    verify() {
      const digest = sha256(JSON.stringify(facts)).slice(0, 8);
      const requests = facts.filter((fact) => fact.type === "model.called").length;
      return {
        session_id: id,
        ok: true,
        records: facts.length,
        digests: facts.length,
        requests,
        final_digest: digest,
        live_digest: digest,
        diverged: null,
      };
    },
    usedAt: () => usedAt,
    close(reason) {
      queue.length = 0;
      cancelled.abort();
      for (const listener of [...listeners]) listener.closed(reason);
      listeners.clear();
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
