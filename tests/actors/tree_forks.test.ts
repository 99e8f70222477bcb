// Forks of sessions with several actors: the whole tree is taken, with one past, and nothing of it works on.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ActorView } from "../../src/protocol/tree_views.ts";
import { modeSession } from "../support/mode_session.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { call, named, nested, untilTree } from "../support/tree_session.ts";

let here: TestRuntime;
beforeEach(async () => void (here = await openTestRuntime()));
afterEach(() => here.close());

const waits = (tree: readonly ActorView[]) => tree.some(({ waits_for }) => waits_for === "approval");

describe("a fork", () => {
  test("takes the whole tree, ends what went on in it, and leaves the source undisturbed", async () => {
    const id = await here.session("default");
    await here.send(id, nested());
    const before = await untilTree(here.runtime, id, waits);
    await here.send(id, "for later", { delivery: "queue" });
    const source = await here.runtime.tree(id);
    const { session_id: fork } = await here.runtime.fork(id, source.seq);
    const forked = await untilTree(here.runtime, fork, (tree) => tree.every(isAtRest));
    expect(forked.tree.map(identity)).toEqual(source.tree.map(identity));
    expect(forked.tree.map(({ state }) => state)).toEqual(["stopped", "stopped", "stopped"]);
    expect(await here.runtime.approvals(fork)).toEqual([]);
    // Up to the fork, both have one past.
    expect((await here.runtime.tree(fork, source.seq)).tree).toEqual(source.tree);
    expect((await here.runtime.tree(id)).tree).toEqual(source.tree);

    const [approval] = await here.runtime.approvals(id);
    const answer = { call_id: approval?.call_id ?? "", decision: "allow_once" as const };
    await here.runtime.command(id, { type: "call.answer", ...answer }, "user");
    const after = await untilTree(here.runtime, id, ([main]) => main?.state === "idle");
    expect(after.tree.map(({ state }) => state)).toEqual(["idle", "done", "done"]);
    expect((await here.runtime.tree(fork)).tree).toEqual(forked.tree);
    // It has a life of its own.
    expect((await here.turn(fork, "hello")).outcome).toBe("completed");
    expect(before.tree).toHaveLength(3);
  });

  test("of a team in mid-work has every member, and none of them works on", async () => {
    const id = await here.session("default");
    const members = ["ann", "bob"].map((name) => ({
      name,
      prompt: script(call("Bash", { command: `touch ${name}` }), call("WorkDone", { summary: "done" })),
    }));
    await here.send(id, script(call("Team", { name: "crew", goal: "a hole", members }), { text: "over" }));
    const source = await untilTree(
      here.runtime,
      id,
      (tree) => tree.filter(({ waits_for }) => waits_for === "approval").length === 2,
    );
    const { session_id: fork } = await here.runtime.fork(id, source.seq);
    const forked = await untilTree(here.runtime, fork, (tree) => tree.every(isAtRest));
    expect(forked.tree.map(identity)).toEqual(source.tree.map(identity));
    for (const { call_id } of await here.runtime.approvals(id)) {
      await here.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "user");
    }
    await untilTree(here.runtime, id, (tree) => named(tree, "crew").state === "done");
    expect((await here.runtime.tree(fork)).tree).toEqual(forked.tree);
  });

  test("of a mode in mid-work has every actor, and none of them works on", async () => {
    const id = await modeSession(here, "parallel");
    await here.turn(id, "Think");
    const begun = (await here.facts(id)).filter(({ type, actor }) =>
      type === "model.called" && actor !== "main"
    );
    const source = await here.runtime.tree(id, begun[1]?.seq);
    expect(source.tree.filter(({ kind, state }) => kind === "agent" && state === "working").length)
      .toBeGreaterThan(1);
    const { session_id: fork } = await here.runtime.fork(id, source.seq);
    const forked = await untilTree(here.runtime, fork, (tree) => tree.every(isAtRest));
    expect(forked.tree.map(identity)).toEqual(source.tree.map(identity));
    expect(forked.tree[0]?.state).toBe("stopped");
  });
});

function isAtRest({ state, calls }: ActorView): boolean {
  return state !== "working" && state !== "waiting" && calls.length === 0;
}

function identity({ path, parent, kind, name, description, started_seq }: ActorView) {
  return { path, parent, kind, name, description, started_seq };
}
