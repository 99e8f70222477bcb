// Files with templates and conditions that read nothing or cannot hold.
import { agent, type BadFile, twoNodes, withNode } from "./bad_file.ts";

export const badTemplates: readonly BadFile[] = [
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
];
