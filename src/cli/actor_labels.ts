// Short labels for the actors of one session: the same for each client and at each look, because they follow the log.
import { type EventEnvelope, mainActor } from "../protocol/facts.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

export interface ActorNames {
  /** Learns names from the facts, in order. */
  learn(event: EventEnvelope): void;
  /** Learns all that began before; only before any fact. */
  seed(tree: readonly ActorView[]): void;
  /** Short, harmless for a terminal, and nobody else's. */
  name(actor: string): string;
}

export interface ActorLabels extends ActorNames {
  /** The name in the colour of the actor. */
  label(actor: string): string;
}

/** What an actor is called, by its path. */
export type NameOf = (actor: string) => string;
/** For where nothing is known but the path. */
export const ownPath: NameOf = (actor) => actor;

/** The name to say beside a path; undefined when it would say nothing new. */
export function nameIn(actor: string, nameOf: NameOf, node?: string): string | undefined {
  const name = askerName({ actor, node }, nameOf);
  return actor === mainActor || name === actor ? undefined : name;
}

/** Who asks, as people are told: of a workflow `release › build`, with the node that it is. */
export function askerName({ actor, node }: { actor: string; node?: string | undefined }, nameOf: NameOf) {
  const name = neutralLine(nameOf(actor));
  return node === undefined ? name : `${name} › ${neutralLine(node)}`;
}

const labelCharsMax = 20;
const labelsMax = 10_000;
/** Where the facts that begin an actor say what it is called. */
const nameFields: Readonly<Record<string, string>> = {
  "agent.started": "name",
  "team.started": "name",
  "mode.started": "mode",
  "workflow.started": "name",
};

export function createActorLabels(colours: Colours): ActorLabels {
  const names = createActorNames();
  const tints = [
    colours.cyan,
    colours.magenta,
    colours.yellow,
    colours.green,
    colours.blue,
    colours.cyanBright,
    colours.magentaBright,
    colours.yellowBright,
    colours.greenBright,
    colours.blueBright,
  ];
  return {
    ...names,
    label(actor) {
      const tint = actor === "main" ? colours.dim : tints[hash(actor) % tints.length] ?? colours.dim;
      return tint(names.name(actor));
    },
  };
}

export function createActorNames(): ActorNames {
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  function give(actor: string, name: string): string {
    const known = labels.get(actor);
    if (known !== undefined) return known;
    if (labels.size >= labelsMax) return shortLine(name, labelCharsMax);
    const base = shortLine(name, labelCharsMax);
    let label = base;
    // Ends: there are fewer labels than rounds.
    for (let n = 2; taken.has(label); n++) label = `${base}~${n}`;
    taken.add(label);
    labels.set(actor, label);
    return label;
  }
  return {
    learn({ type, actor, data }) {
      const name = nameFields[type] === undefined ? undefined : data[nameFields[type]];
      give(actor, typeof name === "string" ? name : lastPart(actor));
    },
    seed(tree) {
      for (const { path, name } of [...tree].sort((a, b) => a.started_seq - b.started_seq)) give(path, name);
    },
    name: (actor) => give(actor, lastPart(actor)),
  };
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}

/** The same number for the same path, everywhere. */
function hash(text: string): number {
  let sum = 7;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 1_000_003;
  return sum;
}
