// Bad workflow files: what is wrong with each, and the place and field that its fault must name.

/** In `text` the place of the fault is marked with `^^` right before it; the mark is taken out. */
export interface BadFile {
  title: string;
  text: string;
  field: string;
  what: RegExp;
  file?: string;
}

const head = "name: bad\ninputs:\n  topic: {type: string}\n  score: {type: number, default: 3}\n";
/** One node after the head, and more lines. */
const withNode = (node: string, more = "") => `${head}nodes:\n  first: ${node}\n${more}`;
const agent = "{kind: agent, prompt: hello}";
const twoNodes = (edges: string) => `${head}nodes:\n  first: ${agent}\n  second: ${agent}\nedges:\n${edges}`;
const condition = (edges: string) =>
  `${head}nodes:\n  test: {kind: condition, when: inputs.score > 1}\n  yes: ${agent}\n  no: ${agent}\nedges:\n${edges}`;

export const badFiles: readonly BadFile[] = [
  { title: "no YAML", text: "name: x\nnodes:\n  a: [1, 2\n^^", field: "", what: /not valid YAML/ },
  { title: "a key twice", text: "name: x\n^^name: y\nnodes: {}\n", field: "", what: /unique/ },
  { title: "an unknown tag", text: "name: ^^!evil x\nnodes: {}\n", field: "", what: /not valid YAML/ },
  {
    title: "no JSON in a .json file",
    text: '{"name": "x", ^^}',
    field: "",
    what: /not valid JSON/,
    file: "bad.json",
  },
  { title: "an empty file", text: "^^", field: "", what: /expected a table/ },
  {
    title: "a list instead of a table",
    text: "^^- a\n- b\n",
    field: "",
    what: /is a list, expected a table/,
  },
  {
    title: "no name",
    text: "^^nodes:\n  a: {kind: agent, prompt: x}\n",
    field: "name",
    what: /is missing, add a text/,
  },
  { title: "no nodes", text: "name: x\nnodes: ^^{}\n", field: "nodes", what: /has no node/ },
  {
    title: "an unknown field",
    text: `${head}^^node: {}\nnodes:\n  a: ${agent}\n`,
    field: "node",
    what: /did you mean "nodes"/,
  },
  {
    title: "an unknown field of a node",
    text: withNode("{kind: agent, prompt: x, ^^promt: y}"),
    field: "nodes.first.promt",
    what: /did you mean "prompt"/,
  },
  {
    title: "a field of another kind of node",
    text: withNode("{kind: tool, tool: Read, ^^prompt: y}"),
    field: "nodes.first.prompt",
    what: /is not known here, remove it, known are kind, tool/,
  },
  {
    title: "an unknown kind",
    text: withNode("{kind: ^^agnet, prompt: x}"),
    field: "nodes.first.kind",
    what: /none of "agent", "tool"/,
  },
  {
    title: "no kind",
    text: withNode("^^{prompt: x}"),
    field: "nodes.first.kind",
    what: /is missing or none of "agent"/,
  },
  {
    title: "no prompt",
    text: withNode("^^{kind: agent}"),
    field: "nodes.first.prompt",
    what: /is missing, add a text/,
  },
  {
    title: "an empty prompt",
    text: withNode('{kind: agent, prompt: ^^""}'),
    field: "nodes.first.prompt",
    what: /is empty/,
  },
  {
    title: "a number as a prompt",
    text: withNode("{kind: agent, prompt: ^^12}"),
    field: "nodes.first.prompt",
    what: /is a number, expected a text/,
  },
  {
    title: "a name that is none",
    text: `${head}nodes:\n  ^^1st: ${agent}\n`,
    field: 'nodes["1st"]',
    what: /is no name/,
  },
  {
    title: "the name __proto__",
    text: `${head}nodes:\n  ^^__proto__: ${agent}\n`,
    field: "",
    what: /is no name/,
  },
  {
    title: "another version",
    text: `version: ^^2\n${withNode(agent)}`,
    field: "version",
    what: /none of "1"/,
  },
  {
    title: "no time at all",
    text: withNode("{kind: agent, prompt: x, timeout_ms: ^^0}"),
    field: "nodes.first.timeout_ms",
    what: /too small/,
  },
  {
    title: "half a time",
    text: withNode("{kind: agent, prompt: x, timeout_ms: ^^1.5}"),
    field: "nodes.first.timeout_ms",
    what: /expected a whole number/,
  },
  {
    title: "too many retries",
    text: withNode("{kind: agent, prompt: x, retry: {max: ^^21}}"),
    field: "nodes.first.retry.max",
    what: /too large, at most 20/,
  },
  {
    title: "too much at once",
    text: `max_parallel: ^^65\n${withNode(agent)}`,
    field: "max_parallel",
    what: /at most 64/,
  },
  {
    title: "an unknown budget",
    text: `budget: {^^dollars: 3}\n${withNode(agent)}`,
    field: "budget.dollars",
    what: /known are tokens, cost_usd/,
  },
  {
    title: "infinity as a default",
    text: "name: x\ninputs:\n  a: {type: json, default: ^^.inf}\nnodes:\n  a: {kind: agent, prompt: x}\n",
    field: "inputs.a.default",
    what: /./,
  },
  {
    title: "a default of another type",
    text: "name: x\ninputs:\n  a: {type: number, default: ^^few}\nnodes:\n  a: {kind: agent, prompt: x}\n",
    field: "inputs.a.default",
    what: /not of the type "number"/,
  },
  {
    title: "a default of what is required",
    text:
      "name: x\ninputs:\n  a: {type: number, default: 1, required: ^^true}\nnodes:\n  a: {kind: agent, prompt: x}\n",
    field: "inputs.a.required",
    what: /never missing/,
  },
  {
    title: "an unknown type",
    text: "name: x\ninputs:\n  a: {type: ^^int}\nnodes:\n  a: {kind: agent, prompt: x}\n",
    field: "inputs.a.type",
    what: /none of "string", "number"/,
  },
  // Edges and loops.
  {
    title: "an edge from nowhere",
    text: twoNodes("  - {from: ^^frist, to: second}\n"),
    field: "edges[0].from",
    what: /no node "frist", did you mean "first"/,
  },
  {
    title: "an edge to nowhere",
    text: twoNodes("  - {from: first, to: ^^elsewhere}\n"),
    field: "edges[0].to",
    what: /no node "elsewhere", add it/,
  },
  {
    title: "a need of nobody",
    text: withNode("{kind: agent, prompt: x, needs: [^^other]}"),
    field: "nodes.first.needs[0]",
    what: /no node "other"/,
  },
  {
    title: "a start that is no node",
    text: `start: ^^there\n${withNode(agent)}`,
    field: "start",
    what: /no node "there"/,
  },
  {
    title: "an endless loop",
    text:
      `${head}start: first\nnodes:\n  first: ^^${agent}\n  second: ${agent}\nedges:\n  - {from: first, to: second}\n  - {from: second, to: first, when: "true"}\n`,
    field: "nodes.first",
    what: /loop without an end \(first -> second -> first\), say `max_visits`/,
  },
  {
    title: "a node that leads to itself for ever",
    text: `${head}start: first\nnodes:\n  first: ^^${agent}\nedges:\n  - {from: first, to: first}\n`,
    field: "nodes.first",
    what: /first -> first/,
  },
  {
    title: "nothing to begin with",
    text:
      `${head}nodes: ^^\n  first: {kind: agent, prompt: x, max_visits: 2}\nedges:\n  - {from: first, to: first}\n`
        .replace("^^\n  first", "\n  ^^first"),
    field: "nodes",
    what: /nothing to begin with/,
  },
  {
    title: "a node that is never reached",
    text: `start: first\n${head}nodes:\n  first: ${agent}\n  second: ^^${agent}\n`,
    field: "nodes.second",
    what: /never reached/,
  },
  {
    title: "two elses",
    text: twoNodes(
      "  - {from: first, to: second, when: 'false'}\n  - {from: first, to: second, else: true}\n  - {from: first, to: first, max_visits: 2, else: ^^true}\n",
    ).replace("nodes:", "start: first\nnodes:"),
    field: "edges[2].else",
    what: /has an `else` for success already/,
  },
  {
    title: "an else beside when",
    text: twoNodes("  - {from: first, to: second, when: 'true', else: ^^true}\n"),
    field: "edges[0].else",
    what: /beside `when`/,
  },
  {
    title: "an else to nothing",
    text: twoNodes("  - {from: first, to: second, else: ^^true}\n"),
    field: "edges[0].else",
    what: /no other edge leaves "first"/,
  },
  {
    title: "else: false",
    text: twoNodes("  - {from: first, to: second, else: ^^false}\n"),
    field: "edges[0].else",
    what: /none of "true"/,
  },
  {
    title: "an else that is never taken",
    text: condition(
      "  - {from: test, to: yes, when: true}\n  - {from: test, to: no, when: false}\n  - {from: yes, to: no}\n  - {from: yes, to: no, else: ^^true}\n",
    ),
    field: "edges[3].else",
    what: /is never taken/,
  },
  {
    title: "the same edge twice",
    text: twoNodes("  - {from: first, to: second}\n  - ^^{from: first, to: second}\n"),
    field: "edges[1]",
    what: /same edge as edges\[0\]/,
  },
  {
    title: "true at an agent",
    text: twoNodes("  - {from: first, to: second, when: ^^true}\n"),
    field: "edges[0].when",
    what: /"first" is none: write a condition/,
  },
  {
    title: "a number as a condition",
    text: twoNodes("  - {from: first, to: second, when: ^^7}\n"),
    field: "edges[0].when",
    what: /neither a condition nor true or false/,
  },
  {
    title: "a condition whose edge says nothing",
    text: condition("  - {from: test, to: yes, when: true}\n  - ^^{from: test, to: no}\n"),
    field: "edges[1]",
    what: /say `when: true`/,
  },
  // Templates and conditions.
  {
    title: "an unknown input",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.topik }}"}'),
    field: "nodes.first.prompt",
    what: /no input "topik", did you mean "topic"/,
  },
  {
    title: "an unknown node",
    text: withNode('{kind: agent, prompt: ^^"{{ nodes.other.output }}"}'),
    field: "nodes.first.prompt",
    what: /no node "other"/,
  },
  {
    title: "a node that cannot have run",
    text: withNode(
      '{kind: agent, prompt: ^^"{{ nodes.later.output }}"}',
      `  later: {kind: agent, prompt: x, needs: [first]}\n`,
    ),
    field: "nodes.first.prompt",
    what: /"later" cannot have run before/,
  },
  {
    title: "a path into a text",
    text: withNode(
      agent,
      '  then: {kind: agent, prompt: ^^"{{ nodes.first.output.verdict }}", needs: [first]}\n',
    ),
    field: "nodes.then.prompt",
    what: /is a text, which has no parts.*output: json/,
  },
  {
    title: "a path into an input that is a text",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.topic[0] }}"}'),
    field: "nodes.first.prompt",
    what: /"inputs.topic" is a text/,
  },
  {
    title: "a field that an agent does not promise",
    text: withNode(
      "{kind: agent, prompt: x, fields: {verdict: string}}",
      '  then: {kind: agent, prompt: ^^"{{ nodes.first.output.vredict }}", needs: [first]}\n',
    ),
    field: "nodes.then.prompt",
    what: /has no "vredict", did you mean "verdict"/,
  },
  {
    title: "a node without its part",
    text: withNode(agent, '  then: {kind: agent, prompt: ^^"{{ nodes.first }}", needs: [first]}\n'),
    field: "nodes.then.prompt",
    what: /"output", "error" and "visits" can be read/,
  },
  {
    title: "an item outside of each",
    text: withNode('{kind: agent, prompt: ^^"{{ item }}"}'),
    field: "nodes.first.prompt",
    what: /"item" reads nothing, what can be read here is inputs, nodes/,
  },
  {
    title: "a name without its root",
    text: withNode('{kind: agent, prompt: ^^"{{ topic }}"}'),
    field: "nodes.first.prompt",
    what: /did you mean "inputs.topic"/,
  },
  {
    title: "an open template",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.topic"}'),
    field: "nodes.first.prompt",
    what: /closing "}}" is missing/,
  },
  {
    title: "an empty template",
    text: withNode('{kind: agent, prompt: ^^"{{ }}"}'),
    field: "nodes.first.prompt",
    what: /a value is missing/,
  },
  {
    title: "code in a template",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.constructor(1) }}"}'),
    field: "nodes.first.prompt",
    what: /"\(" is not expected here/,
  },
  {
    title: "an inherited name",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.constructor }}"}'),
    field: "nodes.first.prompt",
    what: /no input "constructor"/,
  },
  {
    title: "an unknown filter",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.topic | upper }}"}'),
    field: "nodes.first.prompt",
    what: /no filter "upper", known are default, json/,
  },
  {
    title: "a filter for another type",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.score | lines }}"}'),
    field: "nodes.first.prompt",
    what: /needs a text, this is a number/,
  },
  {
    title: "a filter without its value",
    text: withNode('{kind: agent, prompt: ^^"{{ inputs.topic | default }}"}'),
    field: "nodes.first.prompt",
    what: /takes one value/,
  },
  {
    title: "a condition that is none",
    text: withNode("{kind: condition, when: ^^inputs.topic}"),
    field: "nodes.first.when",
    what: /must give true or false, this gives a text/,
  },
  {
    title: "a single =",
    text: withNode("{kind: condition, when: ^^inputs.score = 3}"),
    field: "nodes.first.when",
    what: /use "=="/,
  },
  {
    title: "a text compared with a number",
    text: withNode("{kind: condition, when: ^^inputs.topic > 3}"),
    field: "nodes.first.when",
    what: /compares two numbers or two texts/,
  },
  {
    title: "what is never the same",
    text: withNode("{kind: condition, when: ^^inputs.topic == 3}"),
    field: "nodes.first.when",
    what: /never the same/,
  },
  {
    title: "a pattern that is none",
    text: withNode("{kind: condition, when: ^^inputs.topic matches '('}"),
    field: "nodes.first.when",
    what: /no pattern/,
  },
  {
    title: "the error of a success",
    text: twoNodes("  - {from: first, to: second, when: ^^error contains 'x'}\n"),
    field: "edges[0].when",
    what: /"error" reads nothing/,
  },
  {
    title: "an output that reads nothing",
    text: `${withNode(agent)}outputs:\n  result: ^^"{{ nodes.frist.output }}"\n`,
    field: "outputs.result",
    what: /no node "frist", did you mean "first"/,
  },
  {
    title: "a template deep in the arguments",
    text: withNode('{kind: tool, tool: Read, args: {list: [1, {path: ^^"{{ inputs.pth }}"}]}}'),
    field: "nodes.first.args.list[1].path",
    what: /no input "pth"/,
  },
  // Tools, each, sub-workflows.
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

/** Files beside the bad one. */
export const otherFiles: Readonly<Record<string, string>> = {
  "good.yaml":
    "name: good\ninputs: {count: {type: number}}\noutputs: {sum: '{{ inputs.count }}'}\nnodes: {a: {kind: agent, prompt: x}}\n",
  "sub/faulty.yaml": "name: faulty\nnodes:\n  a: {kind: tool, tool: Fly}\n",
  "ring.yaml": "name: ring\nnodes: {a: {kind: workflow, file: main.yaml}}\n",
};
