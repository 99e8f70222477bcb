// Checks a workflow before anything runs: syntax, schema, names, loops, templates, tools and the workflows inside, each fault
// with its file, line and field. What passes is what a run is made from.
import { dirname, isAbsolute, join, normalize } from "node:path";
import { messageOf } from "../protocol/problem.ts";
import { checkGraph, checkMembers, checkNames, checkTools } from "./check_graph.ts";
import { checkTexts } from "./check_texts.ts";
import {
  type InnerNode,
  type WorkflowDefinition,
  workflowDefinition,
  type WorkflowNode,
} from "./definition.ts";
import { type Document, readDocument } from "./document.ts";
import { type Complaint, complaintsOf, type Fault, fieldText, type Path } from "./faults.ts";
import { limits } from "./nodes.ts";

export interface CheckOptions {
  knownTools: readonly string[];
  /** The text of a file that a workflow names; rejects when there is none. */
  readFile: (path: string) => Promise<string>;
}

/** In the definition every sub-workflow is in place, so that nothing else is read when it runs. */
export type Checked = { ok: true; definition: WorkflowDefinition } | { ok: false; faults: Fault[] };

/** More than anybody mends at once. */
export const faultsMax = 100;

/** `file`: how it is called in faults, and from where it names others. Resolves for any text. */
export async function checkWorkflow(text: string, file: string, options: CheckOptions): Promise<Checked> {
  const found = await checkFile(text, {
    ...options,
    file,
    chain: [normalize(file)],
    depth: 0,
    budget: { files: limits.files },
  });
  if (found.faults.length > 0 || found.definition === undefined) {
    return {
      ok: false,
      faults: found.faults.sort((a, b) => a.file === b.file ? a.line - b.line : 0).slice(0, faultsMax),
    };
  }
  return { ok: true, definition: found.definition };
}

interface Place extends CheckOptions {
  file: string;
  /** The files that lead here, this one last. */
  chain: readonly string[];
  /** Definitions around this one. */
  depth: number;
  /** Counted down over all files. */
  budget: { files: number };
}
interface Found {
  definition?: WorkflowDefinition;
  faults: Fault[];
}

async function checkFile(text: string, place: Place): Promise<Found> {
  const read = await readDocument(text, place.file);
  if (!read.ok) return { faults: read.faults };
  const { document } = read;
  const result = workflowDefinition.safeParse(document.value);
  if (!result.success) {
    const complaints = result.error.issues.flatMap((issue) =>
      complaintsOf(issue, workflowDefinition, document.value)
    );
    return { faults: located(complaints, [], document, place.file) };
  }
  return await checkDefinition(result.data, [], { ...place, document });
}

interface Here extends Place {
  document: Document;
}

/** A definition at this path of a file; sub-workflows first, because what they take and give is looked at. */
async function checkDefinition(given: WorkflowDefinition, path: Path, here: Here): Promise<Found> {
  const faults: Fault[] = [];
  const nodes: Record<string, WorkflowNode> = {};
  for (const [id, node] of Object.entries(given.nodes)) {
    const at = [...path, "nodes", id];
    if (node.kind === "each") {
      nodes[id] = { ...node, node: await withDefinition(node.node, [...at, "node"], here, faults) };
    } else if (node.kind === "workflow") nodes[id] = await withDefinition(node, at, here, faults);
    else nodes[id] = node;
  }
  const definition = { ...given, nodes };
  const names = checkNames(definition);
  const complaints = [
    ...names,
    ...(names.length > 0 ? [] : [...checkGraph(definition), ...checkTexts(definition)]),
    ...checkMembers(definition),
    ...checkTools(definition, here.knownTools),
  ];
  return { definition, faults: [...faults, ...located(complaints, path, here.document, here.file)] };
}

async function withDefinition<Node extends InnerNode | WorkflowNode>(
  node: Node,
  path: Path,
  here: Here,
  faults: Fault[],
): Promise<Node> {
  if (node.kind !== "workflow") return node;
  const { file, ...rest } = node;
  const refuse = (field: string | undefined, what: string): Node => {
    faults.push(
      ...located([{ path: field === undefined ? [] : [field], what }], path, here.document, here.file),
    );
    return node;
  };
  if ((file === undefined) === (node.definition === undefined)) {
    return refuse(undefined, "needs either `file` or `definition`");
  }
  if (here.depth + 1 >= limits.depth) {
    return refuse(
      file === undefined ? "definition" : "file",
      `lies deeper than ${limits.depth} workflows inside each other`,
    );
  }
  const below = { ...here, depth: here.depth + 1 };
  const found = node.definition === undefined
    ? await checkNamed(file ?? "", below, refuse)
    : await checkDefinition(node.definition, [...path, "definition"], below);
  if (found === undefined) return node;
  faults.push(...found.faults);
  // Only `definition` is set, and it is optional in this kind of node.
  return { ...rest, ...(found.definition === undefined ? {} : { definition: found.definition }) } as Node;
}

async function checkNamed(
  file: string,
  here: Here,
  refuse: (field: string, what: string) => unknown,
): Promise<Found | undefined> {
  if (isAbsolute(file)) {
    refuse("file", "is an absolute path, name it from the folder of this file");
    return undefined;
  }
  const path = join(dirname(here.file), file);
  if (here.chain.includes(path)) {
    refuse("file", `contains itself (${[...here.chain, path].join(" -> ")}), remove one of these`);
    return undefined;
  }
  if (--here.budget.files < 1) {
    refuse("file", `more than ${limits.files} files belong to this workflow`);
    return undefined;
  }
  try {
    const text = await here.readFile(path);
    return await checkFile(text, { ...here, file: path, chain: [...here.chain, path] });
  } catch (thrown) {
    refuse("file", `cannot be read: ${messageOf(thrown)}`);
    return undefined;
  }
}

function located(complaints: readonly Complaint[], prefix: Path, document: Document, file: string): Fault[] {
  return complaints.map(({ path, what }) => {
    const whole = [...prefix, ...path];
    const isName = what.startsWith("is not known here") || what.startsWith("is no name");
    return { file, ...document.place(whole, isName ? "key" : "value"), field: fieldText(whole), what };
  });
}
