// Files whose edges lead nowhere, or round for ever, or say what makes no sense.
import { agent, type BadFile, condition, head, twoNodes, withNode } from "./bad_file.ts";

export const badEdges: readonly BadFile[] = [
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
];
