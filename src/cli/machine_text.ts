// The machines of a session, its open calls and what is owed, in words; all that they keep is in the output of --json.
import { z } from "zod";
import { type JsonValue, jsonValue } from "../protocol/json.ts";
import type { SessionView } from "../protocol/http.ts";
import { neutralLine } from "./neutral.ts";

const snapshot = z.object({ value: jsonValue });
const led = z.object({ kind: z.string(), parent: z.string(), snapshot });
const call = z.object({ name: z.string(), actor: z.string(), snapshot });
const effect = z.object({ kind: z.string(), actor: z.string(), attempts: z.number() });

type Values = Readonly<Record<string, JsonValue>>;

type Words = Record<string, string>;

/** The view with words where it has the insides of machines. */
export function inWords(view: SessionView): SessionView {
  const { actors, calls, effects } = view.state;
  const state = {
    ...view.state,
    actors: actorWords(actors),
    calls: callWords(calls),
    effects: effectWords(effects),
  };
  return { ...view, state };
}

/** By path, `running (task of main)`: how far the machine of each actor is. */
export function actorWords(actors: Values): Words {
  return wordsOf(actors, (machine) => {
    const child = led.safeParse(machine);
    if (child.success) {
      return `${stateWords(child.data.snapshot.value)} (${child.data.kind} of ${child.data.parent})`;
    }
    const agent = snapshot.safeParse(machine);
    return agent.success ? stateWords(agent.data.value) : undefined;
  });
}

/** By id, `Bash of main, running`: the calls that have no result. */
export function callWords(calls: Values): Words {
  return wordsOf(calls, (open) => {
    const { data } = call.safeParse(open);
    return data && `${data.name} of ${data.actor}, ${stateWords(data.snapshot.value)}`;
  });
}

/** By key, `of main, begun once`: what a logged fact asked for and no later one ended. */
export function effectWords(effects: Values): Words {
  return wordsOf(effects, (owed) => {
    const { data } = effect.safeParse(owed);
    return data && `of ${data.actor}, ${timesWords(data.attempts)}`;
  });
}

/** What another version of the daemon says in another form is shown as it is. */
function wordsOf(values: Values, words: (value: JsonValue) => string | undefined): Words {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, neutralLine(words(value) ?? JSON.stringify(value))]),
  );
}

/** `acting, waiting for approval`: a state and the one inside it. */
function stateWords(value: JsonValue): string {
  if (typeof value === "string") return value.replaceAll("_", " ");
  const parts = Object.entries(value ?? {}).map(([outer, inner]) => {
    return [stateWords(outer), stateWords(inner)].filter((part) => part !== "").join(", ");
  });
  return parts.join("; ");
}

function timesWords(attempts: number): string {
  if (attempts === 0) return "not begun";
  return attempts === 1 ? "begun once" : `begun ${attempts} times`;
}
