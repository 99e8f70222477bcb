// The tree as lines: nothing in it commands the terminal, no line is too wide, whoever works is always shown; and labels,
// texts and counts of several actors.
import { expect, test } from "vitest";
import fc from "fast-check";
import pc from "picocolors";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { actorKind, actorState, type ActorView, actorWait } from "../../src/protocol/tree_views.ts";
import { createActorLabels } from "../../src/cli/actor_labels.ts";
import { createAgentTally } from "../../src/cli/agent_tally.ts";
import { createLiveView } from "../../src/cli/live_view.ts";
import { diffTrees, drawTreeDiff } from "../../src/cli/tree_diff.ts";
import { treeLines, treeSummary } from "../../src/cli/tree_text.ts";

const colours = pc.createColors(false);
// deno-lint-ignore no-control-regex
const hazards = /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/;

function actor(path: string, more: Partial<ActorView> = {}): ActorView {
  return {
    path,
    parent: path === "main" ? null : "main",
    kind: path === "main" ? "main" : "agent",
    name: path.slice(path.lastIndexOf(":") + 1),
    description: "",
    started_seq: 1,
    state: "idle",
    detail: "",
    since: { seq: 1, at: "2026-01-01T00:00:00.000Z" },
    calls: [],
    mailbox: [],
    unread: 0,
    usage: { input_tokens: 0, output_tokens: 0 },
    ...more,
  };
}

const words = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constant("x\x1b]0;owned\x07\x1b[2J\r\n\u202Etxt\u0085y"),
);
const anyActor = fc.record({
  name: words,
  detail: words,
  description: words,
  role: words,
  kind: fc.constantFrom(...actorKind.options),
  state: fc.constantFrom(...actorState.options),
  waits_for: fc.constantFrom(...actorWait.options),
  unread: fc.nat(30),
  from: words,
  tokens: fc.nat(10_000_000),
  parent: fc.nat(30),
});
/** In tree order: each below one that came before and is still open. */
const anyTree = fc.array(anyActor, { maxLength: 30 }).map((given): ActorView[] => {
  const tree = [actor("main")];
  for (const [i, { from, tokens, parent, ...more }] of given.entries()) {
    const line: ActorView[] = [];
    for (let one = tree.at(-1); one !== undefined; one = tree.find(({ path }) => path === one?.parent)) {
      line.push(one);
    }
    tree.push(actor(`p${i}`, {
      ...more,
      parent: line[parent % line.length]?.path ?? "main",
      mailbox: [{ from, seq: 3, text: from }].slice(0, more.unread),
      usage: { input_tokens: tokens, output_tokens: 1, cost_usd: tokens / 1000 },
    }));
  }
  return tree;
});

test("whatever actors are called, no line commands the terminal or is wider than it", () => {
  let lines = 0;
  fc.assert(
    fc.property(
      anyTree,
      fc.integer({ min: 40, max: 120 }),
      fc.integer({ min: 1, max: 40 }),
      (tree, columns, linesMax) => {
        const drawn = treeLines(tree, { colours, columns, linesMax, withMail: true, now: Date.now() });
        for (const line of [...drawn, treeSummary(tree), ...drawTreeDiff(diffTrees([], tree), colours)]) {
          expect(line).not.toMatch(hazards);
        }
        for (const line of drawn) expect(line.length).toBeLessThan(columns);
        const bare = treeLines(tree, { colours, columns, linesMax });
        expect(bare.length).toBeLessThanOrEqual(Math.max(linesMax, 1) + 1);
        if (linesMax >= tree.length) expect(bare).toHaveLength(tree.length);
        lines += drawn.length;
      },
    ),
    { numRuns: 500 },
  );
  console.log(`tree: ${lines} lines drawn, none too wide, none commands the terminal`);
});

test("when there is no place for all, those that work and wait are shown, with those above them", () => {
  const ended = Array.from(
    { length: 100 },
    (_, i) => actor(`old${i}`, { state: "done", since: { seq: i, at: "" } }),
  );
  const tree = [
    actor("main", { state: "working" }),
    ...ended,
    actor("lead", { state: "done" }),
    actor("digger", { parent: "lead", state: "waiting", waits_for: "approval", detail: "Bash" }),
  ];
  const drawn = treeLines(tree, { colours, columns: 80, linesMax: 6 });
  expect(drawn.length).toBeLessThanOrEqual(7);
  expect(drawn.join("\n")).toMatch(/main[\s\S]*lead[\s\S]*digger +waits for approval: Bash/);
  expect(drawn.at(-1)).toMatch(/… \d+ more/);
});

const event = (seq: number, type: string, actor: string, data: JsonObject = {}): EventEnvelope => {
  return { seq, type, actor, data, v: 1, at: "2026-01-01T00:00:00.000Z" };
};

test("labels are the same whether an actor was seen to begin or was there before", () => {
  const seen = createActorLabels(colours);
  const paths = ["main", "main/agent:a", "main/agent:b", "team:t/agent:dig"];
  paths.forEach((path, i) =>
    seen.learn(event(i + 1, "agent.started", path, { name: i === 1 ? "dig" : null }))
  );
  const before = createActorLabels(colours);
  before.seed(
    [3, 2, 1, 0].map((i) =>
      actor(paths[i] ?? "", { started_seq: i + 1, ...(i === 1 ? { name: "dig" } : {}) })
    ),
  );
  expect(paths.map(seen.label)).toEqual(["main", "dig", "b", "dig~2"]);
  expect(paths.map(before.label)).toEqual(paths.map(seen.label));
});

test("two agents that write at once do not write into each other's lines, and nothing is lost", () => {
  const drawn: string[] = [];
  const write = (text: string) => void drawn.push(text);
  const view = createLiveView({
    write,
    line: (text) => write(`${text}\n`),
    json: write,
    talk: write,
    warn: write,
    colours,
    talkColours: colours,
    outIsTerminal: true,
    inIsTerminal: false,
    columns: 80,
  });
  const delta = (actor: string, of_seq: number, offset: number, text: string) =>
    view.delta({ type: "delta", actor, of_seq, offset, text });
  const reply = (request_id: string, text: string) => ({
    request_id,
    text,
    calls: [],
    usage: {},
    stop_reason: "stop",
  });
  view.event(event(1, "model.called", "main/agent:a", { request_id: "r1" }));
  view.event(event(2, "model.called", "main/agent:b", { request_id: "r2" }));
  delta("main/agent:a", 1, 0, "one ");
  delta("main/agent:b", 2, 0, "uno ");
  delta("main/agent:a", 1, 4, "two ");
  delta("main/agent:b", 2, 4, "dos ");
  view.event(event(3, "model.replied", "main/agent:b", reply("r2", "uno dos tres")));
  delta("main/agent:a", 1, 8, "three");
  view.event(event(4, "model.replied", "main/agent:a", reply("r1", "one two three four")));
  const text = drawn.join("");
  expect(text).toContain("a ▸ one two \n");
  expect(text).toContain("uno dos tres");
  expect(text).toContain("a ▸ three\n");
  expect(text).toContain("four");
  expect(text).not.toContain("uno dos \n");
});

test("agents are counted as they begin, wait, go on and end, and the main one is not", () => {
  const tally = createAgentTally();
  const said = [
    event(1, "model.called", "main"),
    event(2, "agent.started", "a"),
    event(3, "agent.started", "b"),
    event(4, "call.approval_requested", "a", { call_id: "c" }),
    event(5, "budget.exceeded", "b"),
    event(6, "call.approved", "a", { call_id: "c" }),
    event(7, "budget.extended", "b"),
    event(8, "turn.ended", "a"),
    event(9, "agent.failed", "b"),
  ].map((one) => {
    tally.fact(one);
    return tally.text();
  });
  expect(said).toEqual([
    "",
    "1 works",
    "2 work",
    "1 works, 1 waits",
    "2 wait",
    "1 works, 1 waits",
    "2 work",
    "1 works",
    "",
  ]);
});

test("a difference names each actor that began, changed or is gone, and what it got and read", () => {
  const mail = { from: "ann", seq: 7, text: "hi" };
  const before = [actor("main"), actor("x", { unread: 2 }), actor("y")];
  const after = [
    actor("main"),
    actor("x", {
      state: "working",
      detail: "thinking",
      mailbox: [mail],
      unread: 1,
      usage: { input_tokens: 5, output_tokens: 1 },
    }),
    actor("z", { state: "done", detail: "found" }),
  ];
  expect(drawTreeDiff(diffTrees(before, after), colours)).toEqual([
    "~ x: idle -> working: thinking; mail #7 from ann: hi; read 1; +6 tokens",
    "+ z: done: found",
    "- y: gone",
  ]);
  expect(diffTrees(after, after)).toEqual([]);
});
