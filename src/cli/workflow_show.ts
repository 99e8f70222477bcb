// `jamey workflow show`: a workflow as a diagram in the terminal, as Mermaid or as an SVG picture.
import { messageOf, Problem } from "../protocol/problem.ts";
import type { WorkflowDefinition } from "../workflow/definition.ts";
import { diagramText } from "../workflow/diagram.ts";
import { mermaidText } from "../workflow/mermaid.ts";
import { svgText } from "../workflow/svg.ts";
import type { NodeStates } from "../workflow/words.ts";
import type { Context, Input } from "./command.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { fileOf, loadWorkflow } from "./workflow_check.ts";

export async function showFile(context: Context, input: Input, words: readonly string[]): Promise<number> {
  const file = fileOf("show", words);
  const output = input.text("output");
  const how = formatOf(input, output);
  const definition = await loadWorkflow(context, file);
  const session = input.text("session");
  const states = session === undefined ? undefined : await statesOf(context, session, definition.name);
  const text = picture(definition, { how, states, columns: context.terminal.columns });
  if (output === undefined) {
    context.terminal.write(neutral(text));
    return 0;
  }
  await Deno.writeTextFile(output, text).catch((thrown: unknown) => {
    throw new Problem("bad_request", `Cannot write "${output}": ${messageOf(thrown)}`);
  });
  context.terminal.talk(`Written to "${neutralLine(output)}"`);
  return 0;
}

type Format = "text" | "mermaid" | "svg";

function formatOf(input: Input, output: string | undefined): Format {
  const [mermaid, svg] = [input.flag("mermaid"), input.flag("svg")];
  if (mermaid && svg) {
    throw new Problem("usage", 'Cannot run "jamey workflow show": choose one of --mermaid and --svg');
  }
  if (svg || (!mermaid && output?.endsWith(".svg"))) return "svg";
  if (mermaid || output?.endsWith(".mmd")) return "mermaid";
  const ending = /\.[^./\\]+$/.exec(output ?? "")?.[0].toLowerCase() ?? ".txt";
  if (ending === ".txt" || ending === ".md") return "text";
  throw new Problem("usage", `Cannot run "jamey workflow show": "${ending}" is no picture that it draws`, {
    hint: "Give the file the ending .svg, .mmd or .txt",
  });
}

interface Look {
  how: Format;
  states: NodeStates | undefined;
  columns: number;
}

function picture(definition: WorkflowDefinition, { how, states, columns }: Look): string {
  if (how === "svg") return svgText(definition, states);
  if (how === "mermaid") return mermaidText(definition, states);
  return diagramText(definition, { columns, ...(states === undefined ? {} : { states }) });
}

/** Of the last run of a workflow of this name. */
async function statesOf(context: Context, session: string, name: string): Promise<NodeStates> {
  const client = await context.client();
  const found = (await client.workflows(session)).workflows.findLast((workflow) => workflow.name === name);
  if (found === undefined) {
    throw new Problem("not_found", `Cannot show the run of "${name}": the session "${session}" has none`, {
      hint: "See what has run with: jamey workflow list",
    });
  }
  return Object.fromEntries(found.nodes.map(({ node, state }) => [node, state]));
}
