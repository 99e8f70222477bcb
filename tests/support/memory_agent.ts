// The agent of a memory session: a model that echoes what it is told, word by word.
// `hang` is never answered; `call NAME TEXT` makes the model call the tool, where `Guarded` asks a person first.
import { createHash } from "node:crypto";
import type { ToolSpec } from "../../src/protocol/conversation.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { Problem } from "../../src/protocol/problem.ts";
import type { MemoryFacts } from "./memory_facts.ts";
import { conversationOf } from "./memory_views.ts";

const actor = "main";
const wordsMax = 200;
const parameters = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

/** `Echo` runs at once, `Guarded` after approval. */
export const memoryTools: readonly ToolSpec[] = [
  { name: "Echo", description: "Gives back its text", parameters },
  { name: "Guarded", description: "Gives back its text when a person agrees", parameters },
];

export interface MemoryCall {
  call_id: string;
  name: string;
  text: string;
  by: "model" | "user";
}

export interface MemoryAgent {
  /** Takes one message after the other. */
  send(text: string): void;
  runCall(call: MemoryCall): Promise<void>;
  cancel(): void;
  /** Cancels, and forgets what was sent. */
  stop(): void;
}

/** Works on these facts. */
export function createMemoryAgent(facts: MemoryFacts): MemoryAgent {
  const queue: string[] = [];
  let working = false;
  let cancelled = new AbortController();

  async function runCall({ call_id, name, text, by }: MemoryCall): Promise<void> {
    facts.append({ actor, type: "call.proposed", data: { call_id, name, args: { text }, by } });
    if (name === "Guarded") {
      const prompt = `Guarded: ${text}`;
      const data = { call_id, name, prompt, digest: sha256(prompt), grant: name, rule: name };
      facts.append({ actor, type: "call.approval_requested", data });
      const answer = await facts.until(
        () =>
          facts.find("call.approved", (fact) => fact.data.call_id === call_id) ??
            facts.find("call.denied", (fact) => fact.data.call_id === call_id),
        cancelled.signal,
      );
      if (answer.type === "call.denied") return;
    }
    if (!memoryTools.some((tool) => tool.name === name)) {
      facts.append({ actor, type: "call.failed", data: { call_id, name, error: `no tool "${name}"` } });
      return;
    }
    facts.append({ actor, type: "call.started", data: { call_id, name, attempt: 1 } });
    facts.append({ actor, type: "call.finished", data: { call_id, name, output: text, truncated: false } });
  }

  async function askModel(text: string): Promise<void> {
    const request_id = `req_${facts.all.length + 1}`;
    const request_sha256 = sha256(JSON.stringify(requestWire(facts, facts.all.length)));
    const data = { request_id, provider: "memory", model: "echo", attempt: 1, head: {}, request_sha256 };
    const called = facts.append({ actor, type: "model.called", data });
    if (text === "hang") await facts.until(() => undefined, cancelled.signal);
    const [, name, argument = ""] = /^call (\w+) (.*)$/s.exec(text) ?? [];
    const answer = name === undefined ? `You said: ${text}` : "";
    for (const word of answer.match(/\S+\s*/g)?.slice(0, wordsMax) ?? []) {
      facts.say(actor, called.seq, word);
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (cancelled.signal.aborted) throw new Problem("unavailable", "Cannot answer: the turn was cancelled");
    }
    facts.hush();
    const call_id = `call_${facts.all.length + 1}`;
    const calls = name === undefined ? [] : [{ call_id, name, args: { text: argument } }];
    const usage = { input_tokens: 1, output_tokens: 1 };
    facts.append({
      actor,
      type: "model.replied",
      data: { request_id, text: answer, calls, usage, stop_reason: "stop" },
    });
    if (name === undefined) return;
    await runCall({ call_id, name, text: argument, by: "model" });
    await askModel("done");
  }

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
      cancelled = new AbortController();
      try {
        await askModel(text);
        facts.append({ actor, type: "turn.ended", data: { outcome: "completed", steps: 1 } });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        facts.hush();
        facts.append({ actor, type: "turn.ended", data: { outcome: "cancelled", steps: 1 } });
      }
    }
    working = false;
  }

  return {
    send(text) {
      queue.push(text);
      void work();
    },
    runCall,
    cancel: () => cancelled.abort(),
    stop() {
      queue.length = 0;
      cancelled.abort();
    },
  };
}

/** What the model is sent for a request made after `before` facts. */
export function requestWire(facts: MemoryFacts, before: number): JsonObject {
  return { model: "echo", messages: JSON.parse(JSON.stringify(conversationOf(facts.all.slice(0, before)))) };
}

/** In hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
