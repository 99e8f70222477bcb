// The parallel mode: all members answer at once, each by itself; one more makes a single answer of theirs.
import { always, endStates, make, modeSetup, options, startOf, unless } from "./setup.ts";

export const parallelMachine = modeSetup.createMachine({
  id: "parallel",
  options,
  context: startOf,
  initial: "answering",
  on: always,
  states: {
    answering: {
      entry: ["begin_round", { type: "ask", params: { part: "member", what: "answer" } }, make],
      always: [
        unless("member", 1, "no member is left"),
        { guard: "nobody_owes", target: "synthesising" },
      ],
    },
    synthesising: {
      entry: [{ type: "ask", params: { part: "synthesiser", what: "synthesis" } }, make],
      always: [
        unless("synthesiser", 1, "nobody is left to make one answer"),
        {
          guard: "nobody_owes",
          target: "closing",
          actions: [{ type: "end", params: { part: "synthesiser", reason: "one answer was made of all" } }],
        },
      ],
    },
    ...endStates,
  },
});
