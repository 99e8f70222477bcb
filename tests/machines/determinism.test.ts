import { describe, expect, it } from "vitest";
import { assign, createMachine, initialTransition, raise, setup, spawnChild, transition } from "xstate";
import fc from "fast-check";
import { agentMachine } from "../../machines/agent.ts";
import { checkMachine } from "../../machines/check.ts";
import { fromPlain, startMachine, stepMachine, toPlain } from "../../machines/step.ts";
import { fromPlainSession, sessionDigest, toPlainSession } from "../../machines/plain_session.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession } from "../../machines/session_state.ts";
import { supervisorMachines } from "../../machines/supervisors.ts";
import { checkedMachineVersion, machines } from "../../machines/version.ts";
import { tellStory, withCalls } from "../support/story.ts";

const options = { maxIterations: 10 };

it("every machine of jamey passes the start-up walk and has a version", () => {
  expect(checkedMachineVersion()).toMatch(/^session@\d+\+xstate-\d+\.\d+\.\d+\+[0-9a-f]{8}$/);
});

describe("the start-up walk refuses", () => {
  const refused: [string, Parameters<typeof checkMachine>[0], string][] = [
    ["an inline action", createMachine({ id: "m", options, entry: () => {} }), "inline action"],
    ["an inline assign", createMachine({ id: "m", options, entry: assign({ a: 1 }) }), "inline action"],
    [
      "an inline guard",
      createMachine({ id: "m", options, on: { a: { guard: () => true, actions: [] } } }),
      "inline guard",
    ],
    ["an invoke", createMachine({ id: "m", options, invoke: { src: "x" } }), "invokes an actor"],
    [
      "a delayed transition",
      createMachine({ id: "m", options, initial: "a", states: { a: { after: { 10: "b" } }, b: {} } }),
      "delayed",
    ],
    ["a missing limit of iterations", createMachine({ id: "m" }), "maxIterations"],
    [
      "an action outside the effect registry",
      setup({ actions: { launch: () => {} } }).createMachine({ id: "m", options }),
      "registry",
    ],
    ["an action without a name", createMachine({ id: "m", options, entry: ["nowhere"] }), "no known action"],
    [
      "a history state",
      createMachine({ id: "m", options, initial: "a", states: { a: {}, h: { type: "history" } } }),
      "history",
    ],
    [
      "a spawn and a raise behind a name",
      setup({ actions: { one: spawnChild(agentMachine), two: raise({ type: "y" }) } }).createMachine({
        id: "m",
        options,
      }),
      "xstate.raise",
    ],
  ];
  for (const [what, machine, why] of refused) {
    it(what, () => expect(() => checkMachine(machine)).toThrow(why));
  }
});

describe("a machine that reaches for the world throws, and nothing is kept", () => {
  const reaches: [string, () => unknown][] = [
    ["Date.now", () => Date.now()],
    ["new Date", () => new Date()],
    ["Math.random", () => Math.random()],
    ["crypto.randomUUID", () => crypto.randomUUID()],
    ["performance.now", () => performance.now()],
    ["setTimeout", () => setTimeout(() => {}, 1)],
    ["fetch", () => fetch("http://127.0.0.1:1/")],
    ["the environment", () => Deno.env.get("HOME")],
  ];
  for (const [what, reach] of reaches) {
    it(what, () => {
      const machine = setup({ actions: { bad: assign(() => ({ value: String(reach()) })) } })
        .createMachine({ id: "m", options, context: {}, on: { go: { actions: ["bad"] } } });
      const { snapshot } = startMachine(machine);
      expect(() => stepMachine(machine, snapshot, { type: "go" })).toThrow("A machine used");
      expect(typeof Date.now()).toBe("number");
    });
  }
});

it("a context cannot be changed after its step", () => {
  const { snapshot } = startMachine(agentMachine, { conducts: false });
  expect(() => (snapshot.context.open as string[]).push("x")).toThrow();
});

it("a loop in a machine is cut instead of hanging the daemon", () => {
  const machine = createMachine({
    id: "m",
    options,
    initial: "a",
    states: { a: { on: { go: "b" } }, b: { always: "c" }, c: { always: "b" } },
  });
  expect(() => stepMachine(machine, startMachine(machine).snapshot, { type: "go" })).toThrow("Infinite loop");
});

it("the reused scope gives what the package's own transition() gives, for any events", () => {
  const events = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant("message.received"),
        seq: fc.nat(9),
        delivery: fc.constantFrom("steer", "queue"),
      }),
      fc.record({
        type: fc.constantFrom("model.called", "model.failed"),
        seq: fc.nat(9),
        request_id: fc.constantFrom("r1", "r2"),
        error: fc.constant({ code: "x", message: "" }),
      }),
      fc.record({
        type: fc.constant("model.replied"),
        seq: fc.nat(9),
        request_id: fc.constantFrom("r1", "r2"),
        call_ids: fc.constantFrom([], ["a"], ["a", "b"]),
      }),
      fc.record({
        type: fc.constantFrom("call.ended", "call.approved", "call.approval_requested"),
        seq: fc.nat(9),
        call_id: fc.constantFrom("a", "b"),
      }),
      fc.record({
        type: fc.constantFrom("turn.cancelled", "turn.ended"),
        seq: fc.nat(9),
        outcome: fc.constantFrom("completed", "cancelled", "failed", "parked"),
      }),
      fc.record({
        type: fc.constantFrom("session.forked", "session.archived", "session.restored"),
        seq: fc.nat(9),
      }),
    ),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(events, (list) => {
      let ours = startMachine(agentMachine, { conducts: false }).snapshot;
      let [theirs] = initialTransition(agentMachine, { conducts: false });
      for (const event of list) {
        const step = stepMachine(agentMachine, ours, event);
        const [next, actions] = transition(
          agentMachine,
          theirs,
          event as Parameters<typeof transition<typeof agentMachine>>[2],
        );
        expect(toPlain(step.snapshot)).toEqual(toPlain(next));
        expect(step.effects.map((effect) => [effect.kind, effect.params])).toEqual(
          actions.map((action) => [action.type, action.params ?? {}]),
        );
        ours = step.snapshot;
        theirs = next;
      }
    }),
    { numRuns: 300 },
  );
});

it("a fold with a round trip through JSON in the middle equals the plain fold, digest by digest", () => {
  const story = withCalls(tellStory(), ["c1", "c2"]);
  story.log("call.approval_requested", { call_id: "c1", name: "Bash", prompt: "", digest: "d" });
  story.log("call.started", { call_id: "c2", name: "Bash", attempt: 1 });
  story.log("call.finished", { call_id: "c2", name: "Bash", output: "", truncated: false });
  for (let cut = 0; cut <= story.facts.length; cut++) {
    let state = emptySession;
    for (const [index, fact] of story.facts.entries()) {
      if (index === cut) state = fromPlainSession(JSON.parse(JSON.stringify(toPlainSession(state))));
      const step = stepSession(state, fact);
      if (step.ignored) throw new Error(step.why);
      expect(step.post).toBe(story.posts[index]);
      state = step.state;
    }
    expect(sessionDigest(state)).toBe(sessionDigest(story.state));
  }
});

it("a snapshot restored from JSON steps like the one it was made from", () => {
  // Those of supervisors begin with a whole fact: tests of teams, modes and workflows restore them in the middle of their work.
  const own = machines.filter((machine) => !supervisorMachines.some((other) => other === machine));
  for (const machine of own) {
    const { snapshot } = startMachine(machine, { callId: "c", name: "n", agent: "a" });
    const restored = fromPlain(machine, JSON.parse(JSON.stringify(toPlain(snapshot))));
    expect(toPlain(restored)).toEqual(toPlain(snapshot));
  }
});
