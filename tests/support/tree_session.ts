// Sessions with several actors for a test, and their trees while they work and afterwards.
import type { Host } from "../../actors/host.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { ActorView, TreeView } from "../../src/protocol/tree_views.ts";
import { until } from "./daemon.ts";
import { script, type Step } from "./runtime.ts";

export const call = (name: string, args: JsonObject): Step => ({ calls: [{ name, args }] });

/** A step that starts an agent, which plays these steps. */
export function agent(name: string, steps: Step[], more: JsonObject = {}): Step {
  return call("Agent", { name, description: `The work of ${name}`, prompt: script(...steps), ...more });
}

/** main > foreman > digger, which wants to run a command that a person is asked about. */
export const nested = (command = "touch dug"): string =>
  script(
    agent("foreman", [agent("digger", [call("Bash", { command }), { text: "dug" }]), { text: "led" }]),
    { text: "all done" },
  );

/** `name state detail` by path order. */
export const shown = (tree: readonly ActorView[]): string[] =>
  tree.map(({ name, state, detail }) => `${name} ${state} ${detail}`.trimEnd());

export function named(tree: readonly ActorView[], name: string): ActorView {
  const found = tree.find((actor) => actor.name === name);
  if (found === undefined) {
    throw new Error(`There is no "${name}" in ${tree.map((one) => one.path).join(", ")}`);
  }
  return found;
}

/** Waits until the tree is as wanted. */
export function untilTree(
  host: Host,
  session: string,
  fits: (tree: readonly ActorView[]) => boolean,
): Promise<TreeView> {
  return until("the tree to be as wanted", async () => {
    const view = await host.tree(session);
    return fits(view.tree) ? view : null;
  });
}

/** Reads the tree again and again as long as the work goes on: what was seen, by its point. */
export async function watchTree(
  host: Host,
  session: string,
  work: Promise<unknown>,
): Promise<Map<number, TreeView>> {
  const seen = new Map<number, TreeView>();
  let over = false;
  const done = work.finally(() => over = true);
  while (!over) {
    const view = await host.tree(session);
    seen.set(view.seq, view);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  return seen;
}
