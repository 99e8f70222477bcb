// Many agents in one session, with a model that answers at once: what a turn of a member costs, in a run of the parallel
// mode and in a team, all facts synced. The calibration is the same turn of a single agent, one session after the other.
import type { Runtime } from "../../actors/runtime_options.ts";
import type { CreateSession } from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import type { Bench, Row } from "../bench.ts";
import { newSession, openRuntime } from "../runtime.ts";
import { alternate, figureOf, ratioOf, type Series } from "../samples.ts";
import { untilFact } from "../until_fact.ts";

const members = 20;
const ratioMax = 1;
const turnMs = 30_000;

const names = Array.from({ length: members }, (_, n) => `m${n}`);
const script = (...steps: JsonObject[]) => `script: ${JSON.stringify(steps)}`;
const answer = { text: "My part is done." };
/** A round of the model more, as in a team, where a member says that it is done. */
const withCall = (name: string, args: JsonObject) => script({ calls: [{ name, args }] }, answer);

export const membersBench: Bench = {
  name: "members",
  async run(context) {
    const folder = context.scratch.folder("members");
    const runtime = await openRuntime(`${folder}/data`);
    const times = context.quick ? 10 : members;
    const open = async (more: Partial<CreateSession> = {}) =>
      (await runtime.create({ ...newSession(folder), permission_mode: "bypassPermissions", ...more }))
        .session_id;
    const each = async (work: (id: string) => Promise<unknown>): Promise<number[]> => {
      const samples: number[] = [];
      for (let n = 0; n < times; n++) samples.push(await timed(work, await open()));
      return samples;
    };
    const listing = withCall("TaskList", {});
    const series = await alternate(context.quick ? 4 : 10, {
      answers: () => each((id) => turn(runtime, id, script(answer))),
      calls: () => each((id) => turn(runtime, id, listing)),
      parallel: async () => [await timed((id) => parallel(runtime, id), await open(parallelSession))],
      team: async () => [await timed((id) => team(runtime, id), await open())],
    });
    await runtime.close();
    return [
      rowOf("parallel_20_turn", perTurn(series.parallel, members + 1), {
        of: "turn of a single agent",
        series: series.answers,
      }),
      rowOf("team_20_turn", perTurn(series.team, members), {
        of: "turn with a call of a single agent",
        series: series.calls,
      }),
    ];
  },
};

async function timed(work: (id: string) => Promise<unknown>, id: string): Promise<number> {
  const begin = performance.now();
  await work(id);
  return performance.now() - begin;
}

function perTurn(series: Series, turns: number): Series {
  return series.map((round) => round.map((ms) => ms / turns));
}

function rowOf(name: string, measured: Series, alone: { of: string; series: Series }): Row {
  const ratio = ratioOf(measured, alone.series);
  return {
    name: `members.${name}`,
    unit: "ms",
    measured: figureOf(measured),
    calibration: { of: alone.of, ...figureOf(alone.series) },
    ratio,
    aim: { text: `ratio <= ${ratioMax}`, met: ratio <= ratioMax },
  };
}

async function turn(runtime: Runtime, id: string, message: string): Promise<string> {
  const command = { type: "message.send", message, delivery: "steer" } as const;
  const { message_id = "" } = await runtime.command(id, command, "bench");
  const ended = await runtime.turn(id, message_id, AbortSignal.timeout(turnMs));
  const last = ended.messages.at(-1);
  if (ended.outcome !== "completed") throw new Error(`The turn ended: ${ended.outcome}`);
  return last?.role === "assistant" ? last.text : "";
}

const parallelSession = {
  agent_mode: "parallel" as const,
  mode_settings: { members: names.map((name) => ({ name })) },
};

async function parallel(runtime: Runtime, id: string): Promise<void> {
  const parts = Object.fromEntries([...names, "synthesiser"].map((name) => [name, [[answer]]]));
  const said = await turn(runtime, id, `go\n\`\`\`parts:${JSON.stringify(parts)}\`\`\``);
  if (said !== answer.text) throw new Error(`The members did not play their parts: ${said}`);
}

async function team(runtime: Runtime, id: string): Promise<void> {
  const prompt = withCall("WorkDone", { summary: "my part" });
  const spec = teamSpec.parse({ name: "t", goal: "g", members: names.map((name) => ({ name, prompt })) });
  const { data } = await untilFact(runtime, {
    session: id,
    type: "team.finished",
    begin: () => runtime.command(id, { type: "team.start", spec }, "bench"),
  });
  if (data.outcome !== "completed") throw new Error(`The team ended ${data.outcome}: ${data.reason}`);
}
