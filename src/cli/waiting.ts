// What waits for a person in a session, a line each with the command that answers it: below what somebody looked at.
import type { SessionView } from "../protocol/http.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import type { NameOf } from "./actor_labels.ts";
import { type Pending, pendingIn } from "./pending.ts";
import { pendingCommand, pendingShort } from "./pending_text.ts";
import type { Terminal } from "./terminal.ts";

type State = SessionView["state"];
interface Whose {
  session: string;
  /** This kind has been told already. */
  besides?: Pending["kind"];
}

const shownMax = 20;

/** What the actors of a tree are called. */
export function namesIn(tree: readonly ActorView[]): NameOf {
  const names = new Map(tree.map(({ path, name }) => [path, name]));
  return (actor) => names.get(actor) ?? actor;
}

/** Says what waits, or nothing when nothing does. It is talk: data goes to stdout. */
export function sayWaiting(terminal: Terminal, state: State, { session, besides }: Whose): void {
  const waiting = pendingIn(state).filter(({ kind }) => kind !== besides);
  if (waiting.length === 0) return;
  const nameOf = namesIn(state.tree);
  terminal.talk(
    terminal.talkColours.yellow(besides === undefined ? "Waits for you:" : "What else waits for you:"),
  );
  for (const pending of waiting.slice(0, shownMax)) {
    terminal.talk(`  ${pendingShort(pending, nameOf)}: ${pendingCommand(pending, session)}`);
  }
  if (waiting.length > shownMax) terminal.talk(`  … ${waiting.length - shownMax} more`);
}
