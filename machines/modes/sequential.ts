// The sequential mode: each member gets the request and what the one before it made of it; the last one's words are the answer.
import { always, endStates, make, modeSetup, options, startOf } from "./setup.ts";

export const sequentialMachine = modeSetup.createMachine({
  id: "sequential",
  options,
  // All of it is one round.
  context: (begun) => ({ ...startOf(begun), round: 1 }),
  initial: "working",
  on: always,
  states: {
    working: {
      entry: ["ask_next", make],
      always: [
        {
          // What comes after it has nothing to go on with.
          guard: { type: "is_gone", params: { part: "member" } },
          target: "closing",
          actions: [{ type: "end_failed", params: { reason: "a member was given up" } }],
        },
        {
          guard: "all_answered",
          target: "closing",
          actions: [{ type: "end", params: { part: "member", reason: "every member has had its turn" } }],
        },
        { guard: "nobody_owes", target: "working", reenter: true },
      ],
    },
    ...endStates,
  },
});
