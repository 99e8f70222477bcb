// The overhead of one round: from the end of a model's answer with a tool call to the arrival of the next request, less
// the tool's own time, every fact synced. The calibration is the barest agent: the same tool and request, and no log.
import { noSecrets } from "../../src/permission/secret_places.ts";
import { z } from "zod";
import { readTool } from "../../tools/read.ts";
import type { Bench, Row } from "../bench.ts";
import { testSession } from "../../tests/tools/workspace.ts";
import { startDaemon } from "../daemon.ts";
import { askDirectly, type ModelStream, startModelStream } from "../model_stream.ts";
import { alternate, figureOf, median, ratioOf, type Series, timeEach } from "../samples.ts";

const overheadMsMax = 5;
const fileLines = 60;
const toolSamples = 100;
const roundsMax = 100;

export const toolRound: Bench = {
  name: "tool_round",
  async run(context) {
    const rounds = context.quick ? 20 : 50;
    const folder = context.scratch.folder("tool-round");
    const file = `${folder}/notes.txt`;
    Deno.writeTextFileSync(
      file,
      "A line of an ordinary text file, not long and not short.\n".repeat(fileLines),
    );
    const model = startModelStream();
    model.answer = (send, messages) => {
      const since = messages.findLastIndex(({ role }) => role === "user");
      const done = messages.slice(since).filter(({ role }) => role === "tool").length;
      send({ content: "I shall read that file again. " });
      if (done < rounds) send(callOf(done, file));
    };
    const daemon = await startDaemon(context, { modelUrl: model.url });
    const own = {
      daemon: median(await toolTimes(folder, file)),
      bare: median(await timeEach(toolSamples, () => Deno.readTextFile(file))),
    };
    const series = await alternate(context.quick ? 3 : 5, {
      bare: () => gaps(model, () => bareAgent(model.url, file)),
      daemon: () =>
        gaps(model, async () => {
          const session = await daemon.session(folder);
          await daemon.post(`/sessions/${session}/messages?wait=true`, { message: "read it" });
        }),
    });
    await daemon.stop();
    await model.close();
    return [rowOf(series, own)];
  },
};

/** `own`: what the tool itself takes. */
function rowOf(series: Record<"bare" | "daemon", Series>, own: Record<"bare" | "daemon", number>): Row {
  const less = (of: "bare" | "daemon") => series[of].map((round) => round.map((ms) => ms - own[of]));
  const measured = figureOf(less("daemon"));
  return {
    name: "tool_round.overhead",
    unit: "ms",
    measured,
    calibration: { of: "agent without a log", ...figureOf(less("bare")) },
    ratio: ratioOf(less("daemon"), less("bare")),
    aim: { text: `p50 <= ${overheadMsMax} ms`, met: measured.p50 <= overheadMsMax },
  };
}

/** Milliseconds between the end of each answer and the arrival of the next request of one turn. */
async function gaps(model: ModelStream, turn: () => Promise<void>): Promise<number[]> {
  model.arrivals.length = 0;
  model.ends.length = 0;
  await turn();
  return model.arrivals.slice(1).map((arrival, index) => arrival - (model.ends[index] ?? NaN));
}

const toolCall = z.object({ function: z.object({ arguments: z.string() }) });
const bareDelta = z.object({
  choices: z.array(z.object({ delta: z.object({ tool_calls: z.array(toolCall).optional() }) })),
});

/** Asks, reads the file when asked to, asks again. */
async function bareAgent(url: string, file: string): Promise<void> {
  const messages: unknown[] = [{ role: "user", content: "read it" }];
  for (let round = 0; round < roundsMax; round++) {
    let text = "";
    await askDirectly(url, messages, (piece) => text += piece);
    const events = text.split("\n\n").filter((event) => event.startsWith("data: {"));
    const deltas = events.map((event) => bareDelta.parse(JSON.parse(event.slice("data: ".length))));
    const calls = deltas.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []));
    if (calls.length === 0) return;
    const content = await Deno.readTextFile(file);
    messages.push({ role: "assistant", content: "", tool_calls: calls }, { role: "tool", content });
  }
}

function callOf(round: number, file: string): Record<string, unknown> {
  // Another place each time: the same call with the same result again and again is a loop, and paused.
  const args = { file_path: file, offset: 1 + round % fileLines };
  const call = { name: "Read", arguments: JSON.stringify(args) };
  return { tool_calls: [{ index: 0, id: `call_${round}`, type: "function", function: call }] };
}

/** The tool by itself, checks of its arguments included. */
async function toolTimes(workspace: string, file: string): Promise<number[]> {
  return await timeEach(toolSamples, async () => {
    const parsed = readTool.parse({ file_path: file });
    if (!parsed.ok) throw new Error(parsed.error);
    const prepared = await parsed.call.prepare({
      session: testSession(),
      workspace,
      roots: [workspace],
      secrets: noSecrets,
      sandbox: null,
      effectDir: () => Promise.resolve(workspace),
      signal: new AbortController().signal,
      onOutput: () => {},
    });
    const outcome = "status" in prepared ? prepared : await prepared.run();
    if (outcome.status !== "finished") throw new Error(`The tool ${outcome.status}`);
  });
}
