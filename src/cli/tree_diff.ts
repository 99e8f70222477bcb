// What changed for each actor between two points of a session. Pure.
import type { ActorView } from "../protocol/tree_views.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";
import { doingText } from "./tree_text.ts";

export interface ActorChange {
  actor: string;
  name: string;
  kind: "began" | "changed" | "gone";
  /** In words: `working: thinking -> waits for approval: Bash`, `+2 unread`, `+120 tokens`. */
  changes: string[];
}

/** In the order of the later tree; actors of the earlier one that are not in it come last. */
export function diffTrees(before: readonly ActorView[], after: readonly ActorView[]): ActorChange[] {
  const earlier = new Map(before.map((actor) => [actor.path, actor]));
  const later = new Set(after.map(({ path }) => path));
  const changed = after.flatMap((actor): ActorChange[] => {
    const { path, name } = actor;
    const was = earlier.get(path);
    if (was === undefined) {
      return [{
        actor: path,
        name,
        kind: "began",
        changes: [doingText(actor), ...amounts(undefined, actor)],
      }];
    }
    const changes = [...doing(was, actor), ...amounts(was, actor)];
    return changes.length === 0 ? [] : [{ actor: path, name, kind: "changed", changes }];
  });
  const gone = before.filter(({ path }) => !later.has(path));
  return [
    ...changed,
    ...gone.map(({ path, name }) => ({ actor: path, name, kind: "gone" as const, changes: ["gone"] })),
  ];
}

function doing(before: ActorView, after: ActorView): string[] {
  const [was, is] = [doingText(before), doingText(after)];
  return was === is ? [] : [`${was} -> ${is}`];
}

function amounts(before: ActorView | undefined, after: ActorView): string[] {
  const known = new Set(before?.mailbox.map(({ seq }) => seq));
  const came = after.mailbox.filter(({ seq }) => !known.has(seq));
  const unread = after.unread - (before?.unread ?? 0);
  const used = tokensOf(after) - (before === undefined ? 0 : tokensOf(before));
  return [
    ...came.map(({ from, seq, text }) => `mail #${seq} from ${neutralLine(from)}: ${neutralLine(text)}`),
    ...unread < 0 ? [`read ${-unread}`] : [],
    ...used === 0 ? [] : [`${used > 0 ? "+" : ""}${used} tokens`],
  ];
}

function tokensOf({ usage }: ActorView): number {
  return usage.input_tokens + usage.output_tokens;
}

const lineCharsMax = 300;
const marks = { began: "+", changed: "~", gone: "-" } as const;

/** A line for each actor; none when nothing changed. */
export function drawTreeDiff(changes: readonly ActorChange[], { green, red, yellow }: Colours): string[] {
  const tints = { began: green, changed: yellow, gone: red } as const;
  return changes.map(({ name, actor, kind, changes: what }) => {
    const who = name === actor ? neutralLine(name) : `${neutralLine(name)} (${neutralLine(actor)})`;
    return tints[kind](shortLine(`${marks[kind]} ${who}: ${what.join("; ")}`, lineCharsMax));
  });
}
