// The debate mode: rounds of answers and of critique of the others' answers, until all agree or the rounds are used up; then
// a judge has the last word.
import { always, endStates, make, modeSetup, options, startOf, unless } from "./setup.ts";

const endRound = { type: "end_round", params: { part: "member", wanted: "agree" } } as const;

const tooFew = unless("member", 2, "nobody is left to debate with");

export const debateMachine = modeSetup.createMachine({
  id: "debate",
  options,
  context: startOf,
  initial: "answering",
  on: always,
  states: {
    answering: {
      entry: ["begin_round", { type: "ask", params: { part: "member", what: "answer" } }, make],
      always: [tooFew, { guard: "nobody_owes", target: "criticising" }],
    },
    criticising: {
      entry: [{ type: "ask", params: { part: "member", what: "critique" } }, make],
      always: [
        tooFew,
        {
          guard: { type: "is_agreed", params: { part: "member", verdict: "agree" } },
          target: "judging",
          actions: [endRound, make],
        },
        { guard: "is_last_round", target: "judging", actions: [endRound, make] },
        { guard: "nobody_owes", target: "answering", actions: [endRound, make] },
      ],
    },
    judging: {
      entry: [{ type: "ask", params: { part: "judge", what: "judgement" } }, make],
      always: [
        unless("judge", 1, "nobody is left to judge"),
        {
          guard: "nobody_owes",
          target: "closing",
          actions: ["end_judged"],
        },
      ],
    },
    ...endStates,
  },
});
