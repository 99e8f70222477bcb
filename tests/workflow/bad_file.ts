// A workflow file with one fault, and the pieces that such files are made of.

/** In `text` the place of the fault is marked with `^^` right before it; the mark is taken out. */
export interface BadFile {
  title: string;
  text: string;
  field: string;
  what: RegExp;
  file?: string;
}

export const head = "name: bad\ninputs:\n  topic: {type: string}\n  score: {type: number, default: 3}\n";
/** One node after the head, and more lines. */
export const withNode = (node: string, more = "") => `${head}nodes:\n  first: ${node}\n${more}`;
export const agent = "{kind: agent, prompt: hello}";
export const twoNodes = (edges: string) =>
  `${head}nodes:\n  first: ${agent}\n  second: ${agent}\nedges:\n${edges}`;
export const condition = (edges: string) =>
  `${head}nodes:\n  test: {kind: condition, when: inputs.score > 1}\n  yes: ${agent}\n  no: ${agent}\nedges:\n${edges}`;

/** Files beside the bad one. */
export const otherFiles: Readonly<Record<string, string>> = {
  "good.yaml":
    "name: good\ninputs: {count: {type: number}}\noutputs: {sum: '{{ inputs.count }}'}\nnodes: {a: {kind: agent, prompt: x}}\n",
  "sub/faulty.yaml": "name: faulty\nnodes:\n  a: {kind: tool, tool: Fly}\n",
  "ring.yaml": "name: ring\nnodes: {a: {kind: workflow, file: main.yaml}}\n",
};
