// A workflow as a Mermaid flowchart. Names and conditions are written as character codes where Mermaid or HTML could take
// them for anything but text.
import { edgesOf, type NodeKind, startOf, type WorkflowDefinition } from "./definition.ts";
import { edgeWords, kindWords, nodesOf, type NodeStates, stateOf } from "./words.ts";

const labelCharsMax = 200;
const shapes: Readonly<Record<NodeKind, readonly [string, string]>> = {
  agent: ["([", "])"],
  tool: ["[", "]"],
  question: ["[/", "/]"],
  condition: ["{{", "}}"],
  team: ["[[", "]]"],
  workflow: ["[[", "]]"],
  each: ["[[", "]]"],
};
const colours: Readonly<Record<string, string>> = {
  running: "fill:#fff3c4,stroke:#b7791f",
  waiting: "fill:#fff3c4,stroke:#b7791f",
  finished: "fill:#d6f5dd,stroke:#2f855a",
  failed: "fill:#fed7d7,stroke:#c53030",
};

export function mermaidText(definition: WorkflowDefinition, states?: NodeStates): string {
  const names = new Map(nodesOf(definition).map(([id], index) => [id, `n${index}`]));
  const nodes = nodesOf(definition).map(([id, node]) => {
    const [open, close] = shapes[node.kind];
    const state = stateOf(states, id);
    const words = [kindWords(node), ...(state === undefined ? [] : [state])].join(", ");
    return `  ${names.get(id)}${open}"${label(id)}<br/>${label(words)}"${close}`;
  });
  const edges = edgesOf(definition).map((edge) => {
    const words = edgeWords(edge);
    const arrow = edge.on === "failure" ? "-.->" : "-->";
    return `  ${names.get(edge.from)} ${arrow}${words === "" ? "" : `|"${label(words)}"|`} ${
      names.get(edge.to)
    }`;
  });
  const styles = nodesOf(definition).flatMap(([id]) => {
    const state = stateOf(states, id) ?? "";
    return Object.hasOwn(colours, state) ? [`  style ${names.get(id)} ${colours[state]}`] : [];
  });
  const starts = startOf(definition).map((id) => `  start --> ${names.get(id)}`);
  return ["flowchart TD", "  start(( ))", ...nodes, ...starts, ...edges, ...styles, ""].join("\n");
}

/** Letters, digits and a few signs as they are; everything else by its code, controls as spaces. */
function label(text: string): string {
  const short = text.length <= labelCharsMax ? text : `${text.slice(0, labelCharsMax - 3)}...`;
  return short.toWellFormed().replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, " ").replace(
    /[^A-Za-z0-9 _.,:]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
