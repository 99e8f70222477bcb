// Finds the actor that a person means in the tree of a session: by its path, or by a name.
import { Problem } from "./problem.ts";
import type { ActorView } from "./tree_views.ts";

const actorsNamedMax = 20;

/**
 * The actor that a person means: a path means itself, a name the one of that name, before all others one that lives.
 * Throws a Problem that says who there is.
 */
export function findActor(tree: readonly ActorView[], text: string): ActorView {
  const wanted = text.replace(/^@/, "");
  const exact = tree.find(({ path }) => path === wanted);
  if (exact !== undefined) return exact;
  const named = tree.filter(({ path, name }) => name === wanted || lastPart(path) === wanted);
  const living = named.filter(({ state }) => state === "idle" || state === "working" || state === "waiting");
  const found = living.length > 0 ? living : named;
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const what = one === undefined ? "there is no actor of that name" : "that name means several";
  const whom = (one === undefined ? tree : found).slice(0, actorsNamedMax).map(({ path, name }) =>
    one === undefined && tree.filter((other) => other.name === name).length === 1 ? name : path
  );
  throw new Problem("not_found", `Cannot find "${text}": ${what}`, {
    hint: one === undefined ? `There are ${whom.join(", ")}` : `Say which: ${whom.join(", ")}`,
  });
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}
