// The tree of a session's actors: who there is, what each does and has not read, now and at any point of the log.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import fc from "fast-check";
import type { ActorView } from "../../src/protocol/tree_views.ts";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";
import { modeSession, partsMessage } from "../support/mode_session.ts";
import { agent, call, named, nested, shown, untilTree, watchTree } from "../support/tree_session.ts";

let here: TestRuntime;
beforeEach(async () => void (here = await openTestRuntime()));
afterEach(() => here.close());

const waits = (tree: readonly ActorView[]) => tree.some(({ waits_for }) => waits_for === "approval");

describe("the tree of a session", () => {
  test("nested agents stand below each other, each with what it does and waits for", async () => {
    const id = await here.session("default");
    await here.send(id, nested());
    const { tree } = await untilTree(here.runtime, id, waits);
    expect(shown(tree)).toEqual([
      "main working running Agent",
      "foreman working running Agent",
      "digger waiting Bash",
    ]);
    const [main, lead, digger] = tree;
    expect([main?.parent, lead?.parent, digger?.parent]).toEqual([null, "main", lead?.path]);
    expect([main?.kind, lead?.kind, digger?.kind]).toEqual(["main", "agent", "agent"]);
    expect(digger).toMatchObject({
      agent_kind: "task",
      description: "The work of digger",
      waits_for: "approval",
      calls: [{ name: "Bash", state: "approval" }],
    });
    const asked = await here.fact(id, "call.approval_requested");
    expect(digger?.since).toEqual({ seq: asked.seq, at: asked.at });
    expect(lead?.usage.input_tokens).toBeGreaterThan(0);

    const [approval] = await here.runtime.approvals(id);
    const answer = { call_id: approval?.call_id ?? "", decision: "allow_once" as const };
    await here.runtime.command(id, { type: "call.answer", ...answer }, "user");
    const after = await untilTree(here.runtime, id, ([first]) => first?.state === "idle");
    expect(after.tree.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "main idle",
      "foreman done",
      "digger done",
    ]);
    expect(named(after.tree, "digger").detail).toContain("dug");
    // The past has not changed.
    expect((await here.runtime.tree(id, asked.seq)).tree).toEqual(tree);
  });

  test("mail is in the mailbox of its reader until its next model call, at every point of the log", async () => {
    const id = await here.session();
    await here.turn(
      id,
      script(
        agent("helper", [call("Bash", { command: "sleep 0.4" }), { text: "helped" }], { background: true }),
        call("SendMessage", { to: "helper", message: "look at this" }),
        { text: "sent" },
      ),
    );
    await untilTree(here.runtime, id, (tree) => named(tree, "helper").state === "done");
    const facts = await here.facts(id);
    const sent = await here.fact(id, "team.message_sent");
    const { path } = named((await here.runtime.tree(id)).tree, "helper");
    const read = facts.find(({ type, actor, seq }) =>
      type === "model.called" && actor === path && seq > sent.seq
    );
    expect(read).toBeDefined();
    for (const { seq } of facts) {
      const helper = (await here.runtime.tree(id, seq)).tree.find((one) => one.path === path);
      const isIn = seq >= sent.seq && seq < (read?.seq ?? 0);
      expect(helper?.mailbox ?? [], `at ${seq}`).toEqual(
        isIn ? [{ from: "main", seq: sent.seq, text: "look at this" }] : [],
      );
      expect(helper?.unread ?? 0).toBe(isIn ? 1 : 0);
    }
  });

  test("messages of a person wait in the mailbox: steering ones for the next model call, queued ones for the next turn", async () => {
    const id = await here.session();
    await here.send(id, script(call("Bash", { command: "sleep 0.5" }), { text: "first" }));
    await untilTree(here.runtime, id, ([main]) => main?.detail === "running Bash");
    await here.send(id, "and now", { delivery: "queue" });
    await here.send(id, "by the way", { delivery: "steer" });
    const { tree: [main] } = await here.runtime.tree(id);
    expect(main?.mailbox.map(({ from, text }) => `${from}: ${text}`)).toEqual([
      "user: and now",
      "user: by the way",
    ]);
    await untilTree(here.runtime, id, ([one]) => one?.state === "idle" && one.unread === 0);
    const facts = await here.facts(id);
    const [, steered, queued] = facts.filter(({ type }) => type === "model.called");
    const at = async (seq = 0) => (await here.runtime.tree(id, seq)).tree[0]?.mailbox.map(({ text }) => text);
    expect(await at(steered?.seq)).toEqual(["and now"]);
    expect(await at(queued?.seq)).toEqual([]);
  });

  test("a question, a limit and a stop are said in words", async () => {
    await here.close();
    here = await openTestRuntime({ limits: { steps: 2 } });
    const asking = await here.session();
    const question = {
      question: "Which one?",
      header: "Which",
      options: [{ label: "a" }, { label: "b" }],
      multiSelect: false,
    };
    await here.send(asking, script(call("AskUserQuestion", { questions: [question] })));
    const asked = await untilTree(here.runtime, asking, ([main]) => main?.state === "waiting");
    expect(asked.tree[0]).toMatchObject({ waits_for: "question", detail: "Which one?" });
    await here.runtime.command(asking, { type: "turn.cancel" }, "user");
    const stopped = await untilTree(here.runtime, asking, ([main]) => main?.state === "stopped");
    expect(stopped.tree[0]?.detail).toBe("its turn was cancelled");

    const limited = await here.session();
    const step = call("Bash", { command: "true" });
    await here.send(limited, script(step, { ...step, text: "again" }, { ...step, text: "more" }));
    const paused = await untilTree(here.runtime, limited, ([main]) => main?.state === "waiting");
    expect(paused.tree[0]).toMatchObject({ waits_for: "budget", detail: "steps: 2 of 2" });
  });

  test("a team stands in the tree with its members below it", async () => {
    const id = await here.session();
    const members = ["ann", "bob"].map((name) => ({
      name,
      role: `role of ${name}`,
      prompt: script(call("WorkDone", { summary: `${name} is through` })),
    }));
    const work = here.turn(
      id,
      script(call("Team", { name: "crew", goal: "a hole", members }), { text: "over" }),
    );
    const seen = await watchTree(here.runtime, id, work);
    const { tree } = await here.runtime.tree(id);
    const team = named(tree, "crew");
    expect(team).toMatchObject({ kind: "team", parent: "main", state: "done", description: "a hole" });
    expect(tree.filter(({ parent }) => parent === team.path).map(({ name, role }) => [name, role])).toEqual([
      ["ann", "role of ann"],
      ["bob", "role of bob"],
    ]);
    await expectSame(id, [...seen.keys()]);
    for (const [seq, live] of seen) expect(await here.runtime.tree(id, seq)).toEqual(live);
  });
  test("the run of a mode stands below the main agent, its members below it, the same live and folded", async () => {
    const id = await modeSession(here, "parallel");
    const said = (text: string) => [[{ text, delay_ms: 2 }]];
    const parts = { first: said("one"), second: said("two"), third: said("three"), synthesiser: said("all") };
    const seen = await watchTree(here.runtime, id, here.turn(id, partsMessage("Think", parts)));
    const { tree } = await here.runtime.tree(id);
    const run = named(tree, "parallel");
    expect(run).toMatchObject({ kind: "mode", parent: "main", state: "done" });
    expect(tree.filter(({ parent }) => parent === run.path).length).toBeGreaterThan(1);
    expect(tree[0]).toMatchObject({ name: "main", state: "idle", unread: 0 });
    await expectSame(id, [...seen.keys()]);
    for (const [seq, live] of seen) expect(await here.runtime.tree(id, seq)).toEqual(live);
    const working = [...seen.values()].find((view) =>
      view.tree[0]?.state === "working" && view.tree.length > 1
    );
    expect(working?.tree[0]?.detail).toBe("leads parallel");
  });
});

describe("one actor", () => {
  test("is found by its path or name, also when it has ended, with its own conversation", async () => {
    const id = await here.session();
    await here.turn(id, nested("echo deep"));
    const { path } = named((await here.runtime.tree(id)).tree, "digger");
    for (const name of ["digger", "@digger", path]) {
      const { actor, conversation } = await here.runtime.actor(id, name);
      expect(actor).toMatchObject({ path, state: "done" });
      expect(conversation.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    }
    const started = (await here.facts(id)).find(({ actor }) => actor === path);
    expect((await here.runtime.actor(id, "digger", started?.seq)).conversation).toHaveLength(1);
    await expect(here.runtime.actor(id, "digger", 2)).rejects.toMatchObject({ code: "not_found" });
    await expect(here.runtime.actor(id, "nobody")).rejects.toMatchObject({
      code: "not_found",
      hint: expect.stringContaining("digger"),
    });
  });
});

describe("at every point", () => {
  test("the tree that was seen live is the one that the log folds to, in sessions of any shape", {
    timeout: 60_000,
  }, async () => {
    let points = 0;
    let actors = 0;
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => {
        const id = await here.session();
        const seen = await watchTree(here.runtime, id, here.turn(id, script(...steps, { text: "end" })));
        for (const [seq, live] of seen) expect(await here.runtime.tree(id, seq)).toEqual(live);
        await expectSame(id, [...seen.keys()]);
        points += seen.size;
        actors += (await here.runtime.tree(id)).tree.length;
      }),
      { numRuns: 12 },
    );
    console.log(`tree: ${points} points of 12 sessions with ${actors} actors, the same live and folded`);
    expect(points).toBeGreaterThan(30);
  });
});

const leaf: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { text: "thinking", delay_ms: 3 },
  call("Bash", { command: "sleep 0.02" }),
  call("Bash", { command: "exit 3" }),
  call("SendMessage", { to: "main", message: "hello up there" }),
  call("Nonsense", {}),
);
/** Steps with sub-agents in them, in the foreground and beside. */
const { anySteps } = fc.letrec<{ anySteps: Step[]; step: Step; started: Step }>((tie) => ({
  anySteps: fc.array(tie("step"), { minLength: 1, maxLength: 3 }),
  step: fc.oneof({ maxDepth: 2 }, leaf, tie("started")),
  started: fc.tuple(fc.constantFrom("ann", "bob", "cyn"), tie("anySteps"), fc.boolean())
    .map(([name, steps, background]) => agent(name, steps, { background })),
}));

/** Points are whole: parents come first, and who has ended is not at work. */
async function expectSame(id: string, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) {
    const { tree } = await here.runtime.tree(id, seq);
    const known = new Set<string | null>([null]);
    for (const actor of tree) {
      expect(known.has(actor.parent), `${actor.path} at ${seq}`).toBe(true);
      known.add(actor.path);
      if (actor.state === "done") expect(actor.calls).toEqual([]);
    }
    expect(known.size).toBe(tree.length + 1);
  }
}
