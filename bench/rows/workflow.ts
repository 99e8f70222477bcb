// Fan-out and join of a workflow: nodes that do next to nothing, so that what is measured is the graph, its machine and its
// log. The calibration is the bare append of as many records: all in one sync, and each in its own.
import type { Runtime } from "../../actors/runtime_options.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Bench, Row } from "../bench.ts";
import { appendBytes, type BareFile, openBareFile } from "../calibrate.ts";
import { newSession, openRuntime } from "../runtime.ts";
import { alternate, figureOf, ratioOf, type Series } from "../samples.ts";
import { untilFact } from "../until_fact.ts";

const nodes = 1_000;
/** A node begins and ends: two records. */
const records = 2 * nodes;
/** Records in one sync: about as many as a workflow writes at once. */
const together = 100;
const nodesPerSecondMin = 1_000;

const value = { kind: "condition", when: "1 < 2" };

/** One node for each item of a list, and the join of all of them. */
const overItems: JsonObject = {
  name: "items",
  inputs: { items: { type: "json" } },
  nodes: {
    each: { kind: "each", over: "{{ inputs.items }}", node: { kind: "condition", when: "item >= 0" } },
  },
  outputs: { all: "{{ nodes.each.output }}" },
};

/** One node that leads to as many others, which all lead to one. */
const overEdges: JsonObject = {
  name: "edges",
  nodes: {
    first: value,
    ...Object.fromEntries(many((n) => [`n${n}`, { ...value, needs: ["first"] }])),
    last: { ...value, needs: many((n) => `n${n}`) },
  },
  outputs: { all: "{{ nodes.last.output }}" },
};

function many<T>(make: (n: number) => T): T[] {
  return Array.from({ length: nodes }, (_, n) => make(n));
}

export const workflow: Bench = {
  name: "workflow",
  async run(context) {
    const folder = context.scratch.folder("workflow");
    const runtime = await openRuntime(`${folder}/data`);
    const bare = openBareFile(`${folder}/bare`);
    const run = async (definition: JsonObject, inputs: JsonObject) => {
      const { session_id } = await runtime.create(newSession(folder));
      return [await perSecond(() => runOnce(runtime, session_id, { definition, inputs }))];
    };
    const items = many((n) => n);
    const series = await alternate(context.quick ? 2 : 6, {
      grouped: async () => [await perSecond(() => append(bare, together))],
      single: async () => [await perSecond(() => append(bare, 1))],
      each: () => run(overItems, { items }),
      edges: () => run(overEdges, {}),
    });
    await runtime.close();
    bare.close();
    const row = (name: string, measured: Series, of: "grouped" | "single", aims = false): Row => {
      const figure = figureOf(measured, "high");
      const text = `>= ${nodesPerSecondMin}`;
      return {
        name: `workflow.${name}`,
        unit: "nodes/s",
        measured: figure,
        calibration: {
          of: of === "single" ? "2 fdatasyncs a node" : `fdatasync of ${together}`,
          ...figureOf(series[of], "high"),
        },
        ratio: ratioOf(measured, series[of]),
        aim: aims ? { text, met: figure.p50 >= nodesPerSecondMin } : null,
      };
    };
    return [
      row("each_1000_items", series.each, "grouped", true),
      row("each_1000_items_to_single", series.each, "single"),
      row("fan_out_1000_nodes", series.edges, "grouped", true),
      row("fan_out_1000_nodes_to_single", series.edges, "single"),
    ];
  },
};

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return nodes / (performance.now() - begin) * 1000;
}

async function append(bare: BareFile, atOnce: number): Promise<void> {
  for (let n = 0; n < records; n += atOnce) await bare.append(appendBytes * atOnce);
}

/** From the command, check of the definition included, to the end that a client sees. */
async function runOnce(
  runtime: Runtime,
  id: string,
  { definition, inputs }: { definition: JsonObject; inputs: JsonObject },
): Promise<void> {
  const { data } = await untilFact(runtime, {
    session: id,
    type: "workflow.finished",
    begin: () => runtime.command(id, { type: "workflow.start", definition, inputs }, "bench"),
  });
  if (data.outcome !== "completed") throw new Error(`The workflow ended ${data.outcome}: ${data.reason}`);
}
