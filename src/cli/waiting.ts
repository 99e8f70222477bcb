// What waits for a person in a session, a line each with the command that answers it: below what somebody looked at.
import type { SessionView } from "../protocol/http.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import { askerName, type NameOf } from "./actor_labels.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { askerOf, type Pending, pendingIn } from "./pending.ts";
import { pendingAbout, pendingCommand } from "./pending_text.ts";
import type { Terminal } from "./terminal.ts";

type State = SessionView["state"];
interface Whose {
  session: string;
  /** This kind has been told already. */
  besides?: Pending["kind"];
}

const shownMax = 20;
const whoCharsMax = 80;

/** What the actors of a tree are called. */
export function namesIn(tree: readonly ActorView[]): NameOf {
  const names = new Map(tree.map(({ path, name }) => [path, name]));
  return (actor) => names.get(actor) ?? actor;
}

/** Says what waits, or nothing when nothing does. It is talk: data goes to stdout. */
export function sayWaiting(terminal: Terminal, state: State, { session, besides }: Whose): void {
  const nameOf = namesIn(state.tree);
  const waiting = pendingIn(state).filter(({ kind }) => kind !== besides);
  // Several may wait at one budget: one answer is for all of them.
  const answers = [...Map.groupBy(waiting, (pending) => pendingCommand(pending, session))];
  const lines = answers.map(([command, of]) => {
    const who = of.map((pending) => askerName(askerOf(pending), nameOf)).join(", ");
    const about = of.slice(0, 1).map(pendingAbout).join("");
    return `${shortLine(who, whoCharsMax)}, ${about}: ${command}`;
  });
  const all = [...lines, ...pausedLines(state.tree, session)];
  if (all.length === 0) return;
  terminal.talk(
    terminal.talkColours.yellow(besides === undefined ? "Waits for you:" : "What else waits for you:"),
  );
  for (const line of all.slice(0, shownMax)) terminal.talk(`  ${line}`);
  if (all.length > shownMax) terminal.talk(`  … ${all.length - shownMax} more`);
}

/** Paused workflows: those below one that is paused go on with it. */
function pausedLines(tree: readonly ActorView[], session: string): string[] {
  const paused = tree.filter(({ waits_for }) => waits_for === "resume");
  const paths = new Set(paused.map(({ path }) => path));
  return paused.filter(({ parent }) => parent === null || !paths.has(parent)).map(({ name, path }) => {
    const workflow = neutralLine(path.replace(/^workflow:/, ""));
    return `${shortLine(name, whoCharsMax)}, paused: jamey workflow resume ${session} --workflow ${workflow}`;
  });
}
