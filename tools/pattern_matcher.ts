// Tells whether a line fits a pattern, in time that grows with the line's length only: all ways to match are followed
// at once, and the sets of places reached are remembered (a lazily built automaton). No pattern can hang the runtime.
import { Problem } from "../src/protocol/problem.ts";
import { has, lastUnit, wordUnits } from "./pattern_charset.ts";
import { type Assertion, parsePattern, type Pattern } from "./pattern_syntax.ts";

export const placesMax = 3000;
const statesMax = 2000;
/** Work on one line beyond this (in places looked at, some tens of milliseconds) gives the line up. */
const lineWorkMax = 5_000_000;

export type Verdict = "fits" | "differs" | "too costly";

type Place =
  | { kind: "set"; accepts: Uint8Array; next: number }
  | { kind: "split"; next: number[] }
  | { kind: "assert"; what: Assertion; next: number }
  | { kind: "match" };

/** What lies on one side of a position. */
type Side = "edge" | "word" | "other";

interface State {
  places: number[];
  before: Side;
  /** Next state by class of character; the last entry is for the end of the line. */
  next: (State | null)[];
  accepts: boolean;
}

/** Compiles the pattern once; the function it returns may be called for any number of lines. Throws a Problem for a wrong one. */
export function compilePattern(source: string, options: { ignoreCase: boolean }): (line: string) => Verdict {
  const pattern = parsePattern(source, options);
  const classes = splitAlphabet(pattern);
  const places: Place[] = [{ kind: "match" }];
  const start = addPlaces(pattern, 0, { places, classes, source });
  return lineMatcher({ places, start, classes });
}

interface Alphabet {
  /** First unit of each class; all units of a class are treated alike by the whole pattern. */
  starts: number[];
  /** Class of the first 256 units. */
  table: Uint16Array;
}

function splitAlphabet(pattern: Pattern): Alphabet {
  const cuts = new Set([0]);
  const cut = (set: readonly (readonly [number, number])[]) => {
    for (const [low, high] of set) {
      cuts.add(low);
      if (high < lastUnit) cuts.add(high + 1);
    }
  };
  const visit = (part: Pattern): void => {
    if (part.kind === "set") cut(part.set);
    else if (part.kind === "repeat") visit(part.part);
    else if (part.kind !== "assert") part.parts.forEach(visit);
  };
  cut(wordUnits);
  visit(pattern);
  const starts = [...cuts].sort((one, other) => one - other);
  const alphabet: Alphabet = { starts, table: new Uint16Array(256) };
  for (let unit = 0; unit < 256; unit++) alphabet.table[unit] = searchClass(starts, unit);
  return alphabet;
}

function searchClass(starts: readonly number[], unit: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Builder {
  places: Place[];
  classes: Alphabet;
  source: string;
}

/** Adds the places of `pattern`, which go on at `next`; returns where they begin. */
function addPlaces(pattern: Pattern, next: number, builder: Builder): number {
  switch (pattern.kind) {
    case "set": {
      const accepts = Uint8Array.from(builder.classes.starts, (unit) => has(pattern.set, unit) ? 1 : 0);
      return add(builder, { kind: "set", accepts, next });
    }
    case "assert":
      return add(builder, { kind: "assert", what: pattern.what, next });
    case "sequence":
      return pattern.parts.reduceRight((after, part) => addPlaces(part, after, builder), next);
    case "choice":
      return add(builder, {
        kind: "split",
        next: pattern.parts.map((part) => addPlaces(part, next, builder)),
      });
    case "repeat":
      return addRepeat(pattern, next, builder);
    default:
      return pattern satisfies never;
  }
}

function addRepeat(pattern: Pattern & { kind: "repeat" }, next: number, builder: Builder): number {
  let after = next;
  if (pattern.most === Infinity) {
    const loop: Place = { kind: "split", next: [next] };
    after = add(builder, loop);
    loop.next.push(addPlaces(pattern.part, after, builder));
  } else {
    for (let count = pattern.least; count < pattern.most; count++) {
      after = add(builder, { kind: "split", next: [next, addPlaces(pattern.part, after, builder)] });
    }
  }
  for (let count = 0; count < pattern.least; count++) after = addPlaces(pattern.part, after, builder);
  return after;
}

function add(builder: Builder, place: Place): number {
  if (builder.places.length >= placesMax) {
    throw new Problem(
      "bad_request",
      `Cannot search for "${builder.source}": it is too large, use smaller counts`,
    );
  }
  return builder.places.push(place) - 1;
}

function lineMatcher(
  { places, start, classes }: { places: Place[]; start: number; classes: Alphabet },
): (line: string) => Verdict {
  const endClass = classes.starts.length;
  const sideOf = (unitClass: number): Side =>
    unitClass === endClass ? "edge" : has(wordUnits, classes.starts[unitClass] ?? 0) ? "word" : "other";
  const accepting: State = { places: [], before: "edge", next: [], accepts: true };
  let states = new Map<string, State>();
  let work = 0;

  function stateFor(reached: number[], before: Side): State {
    const key = `${before} ${reached.join()}`;
    const known = states.get(key);
    if (known) return known;
    // Starting again with none costs time, never correctness.
    if (states.size >= statesMax) states = new Map();
    const state: State = {
      places: reached,
      before,
      next: new Array(endClass + 1).fill(null),
      accepts: false,
    };
    states.set(key, state);
    return state;
  }

  function step(state: State, unitClass: number): State {
    const sides = { before: state.before, after: sideOf(unitClass) };
    const open = [...state.places];
    const seen = new Set<number>(open);
    const reached = new Set<number>([start]);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      work++;
      const place = places[at];
      if (place === undefined || place.kind === "match") return accepting;
      if (place.kind === "set") {
        if (place.accepts[unitClass] === 1) reached.add(place.next);
        continue;
      }
      const onward = place.kind === "split" ? place.next : holds(place.what, sides) ? [place.next] : [];
      for (const next of onward) {
        if (!seen.has(next)) open.push(next);
        seen.add(next);
      }
    }
    return stateFor([...reached].sort((one, other) => one - other), sides.after);
  }

  function follow(state: State, unitClass: number): State {
    const known = state.next[unitClass];
    if (known) return known;
    const made = step(state, unitClass);
    state.next[unitClass] = made;
    return made;
  }

  return (line) => {
    work = 0;
    let state = stateFor([start], "edge");
    for (let index = 0; index < line.length; index++) {
      const unit = line.charCodeAt(index);
      state = follow(state, unit < 256 ? classes.table[unit] ?? 0 : searchClass(classes.starts, unit));
      if (state.accepts) return "fits";
      if (work > lineWorkMax) return "too costly";
    }
    return follow(state, endClass).accepts ? "fits" : "differs";
  };
}

function holds(what: Assertion, sides: { before: Side; after: Side }): boolean {
  const isStart = sides.before === "edge";
  const isBoundary = (sides.before === "word") !== (sides.after === "word");
  switch (what) {
    case "start":
      return isStart;
    case "end":
      return sides.after === "edge";
    case "boundary":
      return isBoundary;
    case "no boundary":
      return !isBoundary;
    default:
      return what satisfies never;
  }
}
