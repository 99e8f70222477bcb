// The review mode: an author works, reviewers approve or ask for changes, the author revises, until all approve or the rounds
// are used up. The author's last words are the answer in both cases; the outcome says which of them it was.
import { always, endStates, make, modeSetup, options, startOf, unless } from "./setup.ts";

const endRound = { type: "end_round", params: { part: "reviewer", wanted: "approve" } } as const;

export const reviewMachine = modeSetup.createMachine({
  id: "review",
  options,
  context: startOf,
  initial: "drafting",
  on: always,
  states: {
    drafting: {
      entry: ["begin_round", "draft", make],
      always: [
        unless("author", 1, "the author was given up"),
        { guard: "nobody_owes", target: "reviewing" },
      ],
    },
    reviewing: {
      entry: [{ type: "ask", params: { part: "reviewer", what: "review" } }, make],
      always: [
        unless("reviewer", 1, "no reviewer is left"),
        {
          guard: { type: "is_agreed", params: { part: "reviewer", verdict: "approve" } },
          target: "closing",
          actions: [endRound, make, "end_approved"],
        },
        { guard: "is_last_round", target: "closing", actions: [endRound, make, "end_at_limit"] },
        { guard: "nobody_owes", target: "drafting", actions: [endRound, make] },
      ],
    },
    ...endStates,
  },
});
