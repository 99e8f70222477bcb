// Stories for the session step: facts go in one by one, as the kernel would log them; no clock, no IO.
import { effectKey } from "../../machines/effects.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, mainStatus, type SessionState } from "../../machines/session_state.ts";
import { type Fact, type FactDraft, type FactType, mainActor } from "../../src/protocol/facts.ts";

type DataOf<T extends FactType> = Extract<FactDraft, { type: T }>["data"];

export interface Story {
  /** Logs a fact; throws when the machines refuse it. Returns the effects it asked for, by key, signals included. */
  log<T extends FactType>(type: T, data: DataOf<T>, actor?: string): string[];
  /** Why the machines refuse a fact. */
  refuses<T extends FactType>(type: T, data: DataOf<T>, actor?: string): string;
  readonly state: SessionState;
  readonly status: string;
  /** Effects that are owed. */
  readonly owed: string[];
  readonly facts: readonly Fact[];
  readonly posts: readonly string[];
}

export const at = "2026-01-01T00:00:00.000Z";

export function createdData(more: Partial<DataOf<"session.created">> = {}): DataOf<"session.created"> {
  return {
    session_id: "s",
    workspace: "/w",
    add_dirs: [],
    provider: "scripted",
    model: "demo",
    agent_mode: "single",
    permission_mode: "default",
    machine_version: "test",
    ...more,
  };
}

export function tellStory(): Story {
  let state = emptySession;
  const facts: Fact[] = [];
  const posts: string[] = [];
  const step = (type: FactType, data: unknown, actor: string) => {
    // The one cast: generic callers have checked that data fits type.
    const fact = { seq: state.seq + 1, at, v: 1, actor, type, data } as unknown as Fact;
    return { fact, step: stepSession(state, fact) };
  };
  const story: Story = {
    log: (type, data, actor = mainActor) => {
      const { fact, step: taken } = step(type, data, actor);
      if (taken.ignored) throw new Error(`"${type}" was refused: ${taken.why}`);
      state = taken.state;
      facts.push(fact);
      posts.push(taken.post);
      return [...taken.effects, ...taken.signals].map(effectKey);
    },
    refuses: (type, data, actor = mainActor) => {
      const { step: taken } = step(type, data, actor);
      if (!taken.ignored) throw new Error(`"${type}" was taken`);
      return taken.why;
    },
    get state() {
      return state;
    },
    get status() {
      return mainStatus(state);
    },
    get owed() {
      return Object.keys(state.effects);
    },
    facts,
    posts,
  };
  story.log("session.created", createdData());
  return story;
}

export const usage = { input_tokens: 1, output_tokens: 1 };

/** A message and the model's answer that calls tools, proposed as the kernel does it. */
export function withCalls(story: Story, calls: string[]): Story {
  story.log("message.received", { message_id: "m", text: "go", delivery: "steer" });
  const request_id = `r${story.state.seq}`;
  modelCalled(story, request_id);
  story.log("model.replied", {
    request_id,
    text: "",
    calls: calls.map((call_id) => ({ call_id, name: "Bash", args: { command: "ls" } })),
    usage,
    stop_reason: "tool_calls",
  });
  for (const call_id of calls) {
    story.log("call.proposed", { call_id, name: "Bash", args: { command: "ls" }, by: "model" });
  }
  return story;
}

export function modelCalled(story: Story, request_id: string, actor = mainActor): void {
  const data = { request_id, provider: "scripted", model: "demo", attempt: 1, head: {}, request_sha256: "" };
  story.log("model.called", data, actor);
}

export function replied(story: Story, request_id: string, actor = mainActor): string[] {
  return story.log(
    "model.replied",
    { request_id, text: "done", calls: [], usage, stop_reason: "stop" },
    actor,
  );
}
