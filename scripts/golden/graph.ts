// The golden scene of a workflow: every kind of node, a loop, attempts, a time limit, and a pause in which it is edited.
import type { JsonObject } from "../../src/protocol/json.ts";
import { script } from "../../tests/support/runtime.ts";
import { nth, type Scene, tell } from "./scene.ts";

const tool = (command: string, more: JsonObject = {}): JsonObject => ({
  kind: "tool",
  tool: "Bash",
  args: { command },
  ...more,
});
const done = script({ calls: [{ name: "WorkDone", args: { summary: "it is done" } }] }, { text: "over" });

const before: JsonObject = {
  name: "golden",
  inputs: { items: { type: "json", default: [1, 2, 3] } },
  start: ["first"],
  nodes: {
    first: tool("sleep 0.3; printf 1", { output: "json" }),
    flaky: tool("test -e second-time || { touch second-time; exit 3; }", {
      needs: ["first"],
      retry: { max: 2, backoff_ms: 20 },
    }),
    squares: {
      kind: "each",
      over: "{{ inputs.items }}",
      as: "item",
      max_parallel: 2,
      needs: ["first"],
      node: tool("echo $(( {{ item }} * {{ item }} ))", { output: "json" }),
    },
    late: tool("sleep 60", { needs: ["first"], timeout_ms: 100 }),
    mend: { kind: "agent", prompt: script({ text: "It was late: {{ nodes.late.error }}" }) },
    ask: { kind: "question", question: "Which?", options: ["this", "that"], needs: ["flaky", "squares"] },
    round: { kind: "condition", when: "nodes.round.visits >= 2", max_visits: 5, needs: ["ask"] },
  },
  edges: [
    { from: "late", to: "mend", on: "failure" },
    { from: "round", to: "round", when: false },
  ],
};

const { nodes, edges, ...head } = before;
const after: JsonObject = {
  ...head,
  nodes: {
    ...(typeof nodes === "object" && !Array.isArray(nodes) ? nodes : {}),
    below: {
      kind: "workflow",
      inputs: { answer: "{{ nodes.ask.output }}" },
      definition: {
        name: "inner",
        inputs: { answer: { type: "json" } },
        nodes: { hold: { kind: "condition", when: "inputs.answer != null" } },
        outputs: { held: "{{ nodes.hold.output }}" },
      },
    },
    pair: {
      kind: "team",
      goal: "Do it together",
      members: [{ name: "ann", prompt: done }, { name: "ben", prompt: done }],
      needs: ["below"],
    },
  },
  edges: [...(Array.isArray(edges) ? edges : []), { from: "round", to: "below", when: true }],
  outputs: { squares: "{{ nodes.squares.output }}", below: "{{ nodes.below.output }}" },
};

export const graphScenes: Record<string, Scene> = {
  workflow: async (test) => {
    const id = await test.session();
    const started = await tell(test, id, { type: "workflow.start", definition: before, inputs: {} });
    const { workflow = "" } = started;
    await nth(test, id, { type: "call.started" });
    await tell(test, id, { type: "workflow.pause", workflow, reason: "to be edited" });
    await nth(test, id, { type: "workflow.node_finished" });
    await tell(test, id, { type: "workflow.edit", workflow, definition: after });
    await tell(test, id, { type: "workflow.resume", workflow });
    const { data: { call_id } } = await nth(test, id, { type: "question.asked" });
    await tell(test, id, { type: "question.answer", call_id, answers: [{ selected: ["that"] }] });
    const { data } = await nth(test, id, { type: "workflow.finished", count: 2 });
    if (data.outcome !== "completed") throw new Error(`The workflow ended ${data.outcome}: ${data.reason}`);
    return id;
  },
  /** A fork of a workflow under way: it pauses there with all that is below it, until a person says more. */
  forked_workflow: async (test) => {
    const id = await test.session();
    await tell(test, id, { type: "workflow.start", definition: before, inputs: {} });
    await nth(test, id, { type: "call.started" });
    const { session_id } = await test.runtime.fork(id, undefined, "golden fork of a workflow");
    await tell(test, id, { type: "workflow.cancel", workflow: "golden" });
    await nth(test, id, { type: "workflow.finished" });
    return session_id;
  },
};
