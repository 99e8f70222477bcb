// The facts beside the conversation in words: each type in one helpful line, and nothing that could command a terminal.
import { expect, test } from "vitest";
import { sessionWorkFacts } from "../../src/protocol/work_facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { imagesText } from "../../src/cli/image_text.ts";
import { tellStory } from "../../src/cli/story.ts";
import { createPending } from "../../src/cli/pending.ts";
import { workText } from "../../src/cli/work_text.ts";

const change = { call_id: "c1", path: "a.txt" };
const file = { sha256: "x", content: "y", mode: 420 };
const worktree = { path: "w", branch: "fix", repository: "r", base: "b", came_from: "c" };
const task = {
  task_id: "t1",
  subject: "Dig",
  description: "",
  blocked_by: ["t0"],
  owner: "me",
  documents: [],
};

const told: [type: string, data: JsonObject, words: string][] = [
  [
    "question.asked",
    { call_id: "c", questions: [{ question: "A?", options: [], multi_select: false }] },
    "asks: A?",
  ],
  [
    "question.answered",
    { call_id: "c", by: "me", answers: [{ selected: ["a", "b"], text: "c" }] },
    "answered by me: a, b, c",
  ],
  ["session.mode_changed", { permission_mode: "plan", by: "me" }, "the mode is plan now (me)"],
  ["session.sandbox_changed", { status: "works" }, "commands run in the sandbox"],
  [
    "session.sandbox_changed",
    { status: "unavailable", reason: "no bwrap" },
    'the sandbox does not work: no bwrap; so the mode "auto" asks about commands',
  ],
  [
    "session.sandbox_changed",
    { status: "off" },
    'commands run without a sandbox; so the mode "auto" asks about commands',
  ],
  [
    "session.rules_set",
    { allow: ["Bash(make)"], ask: ["Edit"], deny: ["WebFetch", "Read(./x)"], by: "me" },
    "the rules of this session are set (me): 1 allow, 1 ask, 2 deny\nallow Bash(make)\nask Edit\ndeny WebFetch\ndeny Read(./x)",
  ],
  ["session.model_changed", { provider: "p", model: "m", by: "me" }, "the model is p/m now (me)"],
  ["session.workspace_changed", { workspace: "w", worktree, by: "me" }, "works in w now, on the branch fix"],
  ["session.workspace_changed", { workspace: "w", worktree: null, by: "me" }, "works in w again"],
  ["todo.written", { items: [{ content: "Dig", status: "completed" }] }, "todos: 1 of 1 done\n[x] Dig"],
  ["task.created", task, "task t1 created: Dig (after t0), for me"],
  [
    "task.updated",
    { task_id: "t1", status: "in_progress", owner: "you" },
    'task t1: in progress, owner "you"',
  ],
  ["file.changed", { ...change, before: null, after: { sha256: "x" } }, "created a.txt"],
  [
    "file.changed",
    { ...change, before: file, after: { sha256: "x" }, undoes: "c0" },
    "changed a.txt (undid c0)",
  ],
  ["file.changed", { ...change, before: file, after: null }, "removed a.txt"],
  [
    "background.started",
    { background_id: "b1", call_id: "c", command: "make", evidence: null },
    "background b1 started: make",
  ],
  [
    "background.ended",
    { background_id: "b1", status: "timed_out", output: "" },
    "background b1 ended: timed out",
  ],
  [
    "background.ended",
    { background_id: "b1", status: "exited", exit_code: 3, output: "" },
    "background b1 ended: exited with 3",
  ],
  [
    "context.compact_requested",
    { by: "me", instructions: "keep names" },
    "me wants the past summarised: keep names",
  ],
  [
    "context.compacted",
    { kind: "summary", through: 9, tokens_before: 100, tokens_after: 10, reason: "the window" },
    "context compacted (summary): 100 -> 10 tokens, the window",
  ],
  [
    "budget.exceeded",
    { limit: "steps", used: 100, max: 100 },
    "paused: it made 100 model calls in this turn",
  ],
  [
    "budget.exceeded",
    { limit: "wall", used: 90_000, max: 60_000 },
    "paused: it worked for 1.5 minutes without you",
  ],
  ["budget.exceeded", { limit: "cost", used: 2.5, max: 2 }, "paused: the session used $2.50 of $2.00"],
  ["budget.exceeded", { limit: "tokens", used: 9, max: 8 }, "paused: the session used 9 tokens of 8 tokens"],
  [
    "budget.extended",
    { limit: "cost", max: 4, by: "me" },
    "goes on: me extended the limit of money to $4.00",
  ],
  [
    "hook.registered",
    { event: "PreToolUse", matcher: "Bash", command: "check", by: "agent" },
    "hook for PreToolUse of Bash registered by agent: check",
  ],
  [
    "hook.ran",
    { event: "PreToolUse", name: "check", outcome: "timed_out", reason: "10 s", duration_ms: 1 },
    'hook PreToolUse "check" timed out: 10 s',
  ],
];

test("each fact beside the conversation is told in one line that says what matters", () => {
  const types = new Set(told.map(([type]) => type));
  expect([...types].sort()).toEqual(Object.keys(sessionWorkFacts).sort());
  for (const [type, data, words] of told) expect(workText({ type, data })?.join("\n"), type).toBe(words);
  console.log(`words: ${types.size} types of facts told in ${told.length} ways`);
});

test("data of another version is shown as it is instead of being guessed at", () => {
  expect(workText({ type: "todo.written", data: { items: "none" } })).toBeUndefined();
  expect(workText({ type: "model.called", data: {} })).toBeUndefined();
  expect(workText({ type: "constructor", data: {} })).toBeUndefined();
});

test("no string of any fact reaches the terminal as it is", () => {
  const evil = (value: unknown): unknown => {
    if (typeof value === "string") return `${value}\x1b[2J\n\u202e`;
    if (Array.isArray(value)) return value.map(evil);
    if (typeof value !== "object" || value === null) return value;
    // Words of a fixed list stay: with others, it would be data of another version.
    const fixed = ["status", "kind", "limit", "event", "outcome", "permission_mode"];
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, fixed.includes(key) ? one : evil(one)]),
    );
  };
  let checked = 0;
  for (const [type, data] of told) {
    const lines = workText({ type, data: evil(data) as JsonObject }); // The same shape, other strings.
    expect(lines, type).toBeDefined();
    // deno-lint-ignore no-control-regex
    for (const line of lines ?? []) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    checked += lines?.length ?? 0;
  }
  expect(checked).toBeGreaterThan(told.length);
});

test("a list of a thousand todos is shown up to a bound", () => {
  const items = Array.from({ length: 1_000 }, (_, i) => ({ content: `item ${i}`, status: "pending" }));
  const lines = workText({ type: "todo.written", data: { items } });
  expect(lines).toHaveLength(102);
  expect(lines?.at(-1)).toBe("… 900 more");
});

test("images are told by kind and size, and what is no image is said to be unknown", () => {
  const data = btoa("x".repeat(12_345));
  expect(imagesText([{ media_type: "image/png", data }])).toBe("[image image/png, 12 kB]");
  expect(imagesText([{ media_type: "image/gif", data: btoa("12345") }])).toBe("[image image/gif, 5 bytes]");
  expect(imagesText(undefined)).toBe("");
  expect(imagesText("nonsense")).toBe("[images of an unknown kind]");
});

const fact = (seq: number, type: string, data: JsonObject, actor = "main") => {
  return { seq, type, actor, data, v: 1, at: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString() };
};

test("waits for answers and pauses at limits are spans of a story, from the question to what ended it", () => {
  const story = tellStory([
    fact(1, "message.received", { text: "go" }),
    fact(2, "call.started", { call_id: "c1", name: "AskUserQuestion" }),
    fact(3, "question.asked", { call_id: "c1", questions: [] }),
    fact(8, "question.answered", { call_id: "c1" }),
    fact(9, "call.finished", { call_id: "c1", name: "AskUserQuestion" }),
    fact(10, "budget.exceeded", { limit: "steps", used: 1, max: 1 }),
    fact(11, "budget.exceeded", { limit: "tokens", used: 1, max: 1 }, "main/agent:x"),
    fact(20, "budget.extended", { limit: "steps", max: 1 }),
    fact(25, "turn.cancelled", {}, "main/agent:x"),
    fact(26, "turn.ended", { outcome: "completed" }),
  ]);
  const waits = story.turns[0]?.spans.filter(({ kind }) => kind === "wait");
  expect(waits?.map(({ label, fromSeq, toSeq, end }) => [label, fromSeq, toSeq, end])).toEqual([
    ["waits for an answer", 3, 8, "answered"],
    ["paused by a limit (steps)", 10, 20, "extended"],
    ["paused by a limit (tokens)", 11, 25, "cancelled"],
  ]);
});

test("of several calls of Agent at the same time, the story says which began whom", () => {
  const { turns: [turn] } = tellStory([
    fact(1, "message.received", { text: "go" }),
    fact(2, "call.proposed", { call_id: "c1", name: "Agent", args: { name: "scout", description: "looks" } }),
    fact(3, "call.proposed", { call_id: "c2", name: "Agent", args: { description: "digs" } }),
    fact(4, "call.started", { call_id: "c1", name: "Agent" }),
    fact(5, "call.started", { call_id: "c2", name: "Agent" }),
  ]);
  expect(turn?.spans.map(({ label }) => label)).toEqual(["Agent scout", "Agent digs"]);
});

test("calls that never ran are part of the story, each once, and took no time", () => {
  const { turns: [turn] } = tellStory([
    fact(1, "message.received", { text: "go" }),
    fact(2, "call.failed", { call_id: "c1", name: "Nonsense", error: "Unknown tool" }),
    fact(3, "call.denied", { call_id: "c2", name: "Bash", by: "policy" }),
    fact(4, "call.interrupted", { call_id: "c3", name: "Write" }),
    fact(5, "call.approval_requested", { call_id: "c4", name: "Edit" }),
    fact(6, "call.denied", { call_id: "c4", name: "Edit", by: "user" }),
    fact(7, "call.started", { call_id: "c5", name: "Read" }),
    fact(8, "call.failed", { call_id: "c5", name: "Read" }),
  ]);
  expect(turn?.spans.map(({ kind, label, from, to, end }) => [kind, label, to - from, end])).toEqual([
    ["call", "Nonsense", 0, "failed"],
    ["call", "Bash", 0, "denied"],
    ["call", "Write", 0, "interrupted"],
    ["wait", "Edit waits for approval", 1000, "denied"],
    ["call", "Read", 1000, "failed"],
  ]);
});

test("a tool that a person ran by hand is no turn that never ends", () => {
  const hand = { call_id: "by-hand-1", name: "Bash", by: "user" };
  const { turns } = tellStory([
    fact(1, "call.proposed", hand),
    fact(2, "call.started", hand),
    fact(3, "call.finished", hand),
    fact(4, "call.proposed", hand),
    fact(5, "message.received", { text: "go" }),
    fact(6, "call.denied", hand),
    fact(7, "turn.ended", { outcome: "completed" }),
  ]);
  expect(turns.map(({ fromSeq, toSeq, outcome }) => [fromSeq, toSeq, outcome])).toEqual([
    [1, 3, "by hand"],
    [4, 7, "completed"],
  ]);
});

test("one answer to a limit holds for every agent that waits, and an answer that got lost is asked for again", () => {
  const pending = createPending();
  const limit = { limit: "tokens", used: 1, max: 1 };
  pending.fact(fact(1, "budget.exceeded", limit));
  pending.fact(fact(2, "budget.exceeded", limit, "main/agent:x"));
  pending.fact(
    fact(3, "call.approval_requested", { call_id: "c1", name: "Bash", prompt: "ls", digest: "d" }),
  );
  const [first] = pending.all();
  if (first === undefined) throw new Error("Nothing waits");
  pending.answered(first.key);
  expect(pending.all().map(({ kind }) => kind)).toEqual(["approval"]);
  pending.again(first);
  expect(pending.all().map(({ kind }) => kind)).toEqual(["approval", "limit"]);
  pending.fact(fact(4, "budget.extended", limit));
  pending.fact(fact(5, "call.denied", { call_id: "c1" }));
  expect(pending.all()).toEqual([]);
});
