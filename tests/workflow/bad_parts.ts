// Files with unknown tools, and with faults in an `each` or in the workflows inside.
import { agent, type BadFile, withNode } from "./bad_file.ts";

export const badParts: readonly BadFile[] = [
  {
    title: "an unknown tool",
    text: withNode("{kind: tool, tool: ^^Raed}"),
    field: "nodes.first.tool",
    what: /no tool "Raed", did you mean "Read"/,
  },
  {
    title: "an unknown tool of an agent",
    text: withNode("{kind: agent, prompt: x, tools: [Read, ^^Fly]}"),
    field: "nodes.first.tools[1]",
    what: /no tool "Fly"/,
  },
  {
    title: "an unknown tool of a member",
    text: withNode("{kind: team, goal: x, members: [{name: a, prompt: x, disallowed_tools: [^^Fly]}]}"),
    field: "nodes.first.members[0].disallowed_tools[0]",
    what: /no tool "Fly"/,
  },
  {
    title: "each over a text",
    text: withNode(`{kind: each, over: ^^"{{ inputs.topic }}", node: ${agent}}`),
    field: "nodes.first.over",
    what: /gives a text, expected a list/,
  },
  {
    title: "each in each",
    text: withNode(
      `{kind: each, over: "{{ [1] }}", node: {kind: ^^each, over: "{{ [1] }}", node: ${agent}}}`,
    ),
    field: "nodes.first.node.kind",
    what: /none of "agent", "tool", "question"/,
  },
  {
    title: "an item with a name that is taken",
    text: withNode(`{kind: each, over: "{{ [1] }}", as: ^^inputs, node: ${agent}}`),
    field: "nodes.first.as",
    what: /meaning of its own/,
  },
  {
    title: "a path into a number of each",
    text: withNode('{kind: each, over: "{{ [1, 2] }}", node: {kind: agent, prompt: ^^"{{ item.name }}"}}'),
    field: "nodes.first.node.prompt",
    what: /"item" is a number/,
  },
  {
    title: "no sub-workflow",
    text: withNode("^^{kind: workflow}"),
    field: "nodes.first",
    what: /either `file` or `definition`/,
  },
  {
    title: "a sub-workflow that is missing",
    text: withNode("{kind: workflow, file: ^^none.yaml}"),
    field: "nodes.first.file",
    what: /cannot be read: .*no such file/,
  },
  {
    title: "an absolute path",
    text: withNode("{kind: workflow, file: ^^/etc/hosts}"),
    field: "nodes.first.file",
    what: /absolute path/,
  },
  {
    title: "a workflow in itself",
    text: withNode("{kind: workflow, file: ^^./bad.yaml}"),
    field: "nodes.first.file",
    what: /contains itself \(bad.yaml -> bad.yaml\)/,
  },
  {
    title: "a missing input of a sub-workflow",
    text: withNode("{kind: workflow, file: good.yaml, inputs: ^^{}}"),
    field: "nodes.first.inputs",
    what: /input "count" of "good" is missing/,
  },
  {
    title: "an unknown input of a sub-workflow",
    text: withNode("{kind: workflow, file: good.yaml, inputs: {count: 1, ^^more: 2}}").replace(
      "^^more: 2",
      "more: ^^2",
    ),
    field: "nodes.first.inputs.more",
    what: /no input "more", known are "count"/,
  },
  {
    title: "a text for a number of a sub-workflow",
    text: withNode('{kind: workflow, file: good.yaml, inputs: {count: ^^"{{ inputs.topic }}"}}'),
    field: "nodes.first.inputs.count",
    what: /not of the type "number"/,
  },
  {
    title: "an unknown output of a sub-workflow",
    text: withNode(
      "{kind: workflow, file: good.yaml, inputs: {count: 1}}",
      '  then: {kind: agent, prompt: ^^"{{ nodes.first.output.total }}", needs: [first]}\n',
    ),
    field: "nodes.then.prompt",
    what: /has no "total"/,
  },
  {
    title: "a fault inside an inline sub-workflow",
    text: withNode("{kind: workflow, definition: {name: inner, nodes: {a: {kind: tool, tool: ^^Fly}}}}"),
    field: "nodes.first.definition.nodes.a.tool",
    what: /no tool "Fly"/,
  },
];
