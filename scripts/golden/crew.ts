// Golden scenes of agents beside the main one: sub-agents with mail and budgets, teams, and every mode.
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import {
  agree,
  approve,
  disagree,
  modeSession,
  type Parts,
  partsMessage,
  revise,
} from "../../tests/support/mode_session.ts";
import { script, type Step, type TestRuntime } from "../../tests/support/runtime.ts";
import { five, tasks } from "../../tests/support/team_scenario.ts";
import { until } from "../../tests/support/daemon.ts";
import { allowNext, goldenParts, nth, type Scene, tell } from "./scene.ts";

const call = (name: string, args: JsonObject = {}) => ({ name, args });
const agent = (name: string, prompt: string, more: JsonObject = {}) =>
  call("Agent", { name, description: `the part of ${name}`, prompt, ...more });
const played = (scripts: Parts) => `\`\`\`parts:${JSON.stringify(scripts)}\`\`\``;
const text = (words: string): Step[] => [{ text: words }];
const waits = call("Bash", { command: "while ! test -e go; do sleep 0.02; done" });

export const crewScenes: Record<string, Scene> = {
  crew: async (test) => {
    const id = await test.session();
    const scout = script(
      { calls: [waits] },
      { calls: [call("SendMessage", { to: "parent", message: "all well" })] },
      { text: "The scout is back" },
    );
    const deep = script(
      {
        calls: [
          agent("inner", script({ calls: [call("Bash", { command: "echo deep" })] }, ...text("found"))),
        ],
      },
      { text: "The middle is done" },
    );
    const apart = script({ calls: [call("Bash", { command: "pwd" })] }, ...text("Nothing was to be done"));
    await test.turn(
      id,
      script(
        {
          calls: [
            agent("scout", scout, { background: true }),
            agent("idler", script({ calls: [waits] }), { background: true }),
          ],
        },
        { calls: [call("SendMessage", { to: "@scout", message: "look left" }), call("AgentList")] },
        { calls: [agent("middle", deep), agent("apart", apart, { isolation: "worktree" })] },
        { calls: [call("AgentStop", { agent: "idler" }), call("Bash", { command: "touch go" })] },
        { calls: [call("AgentWait", { agents: ["scout"] })] },
        { text: "All are back" },
      ),
    );
    await nth(test, id, { type: "agent.finished", count: 4 });
    await atRest(test, id);
    return id;
  },
  restarts: async (test) => {
    const id = await test.session();
    const weak = (name: string, times: number) =>
      agent(name, `[${name} fails ${times}] ${played({ [name]: [text("never"), text("Reached at last")] })}`);
    await test.turn(id, script({ calls: [weak("ann", 1), weak("ben", 9)] }, { text: "Done" }));
    await atRest(test, id);
    return id;
  },
  budgets: async (test) => {
    const id = await test.session();
    const twoCalls = script({ calls: [call("TaskList")] }, ...text("That was two calls"));
    const stopped = agent("ended", twoCalls, { budget: { model_calls: 1, on_limit: "stop" } });
    const asks = agent("asked", twoCalls, { budget: { model_calls: 1 } });
    await test.send(id, script({ calls: [stopped, asks] }, { text: "Done" }));
    await until("the question", async () => (await test.runtime.view(id)).state.paused.length > 0 || null);
    await tell(test, id, { type: "budget.answer", decision: "continue" });
    await nth(test, id, { type: "agent.finished" });
    await atRest(test, id);
    return id;
  },
  team: async (test) => {
    const id = await test.session();
    for (const { id: callId, args } of tasks) {
      await tell(test, id, { type: "tool.run", tool_call: { name: "TaskCreate", args }, id: callId });
      await test.runtime.call(id, callId, AbortSignal.timeout(10_000));
    }
    await tell(test, id, { type: "team.start", spec: teamSpec.parse(five) });
    await until("those who ask nobody", async () => {
      const members = (await test.runtime.teams(id))[0]?.members ?? [];
      return members.filter(({ state }) => state === "done").length === 4 || null;
    });
    await until("the question", async () => (await test.runtime.approvals(id)).length > 0 || null);
    await test.restart(goldenParts);
    await allowNext(test, id);
    await nth(test, id, { type: "team.finished" });
    await atRest(test, id);
    return id;
  },
  team_of_the_weak: async (test) => {
    const id = await test.session();
    const done: Step[] = [{ calls: [call("WorkDone", { summary: "after all" })] }, ...text("over")];
    const spec = {
      name: "weak",
      goal: "Come to an end",
      restart: { max: 1, backoff_ms: 20 },
      members: [
        { name: "ann", prompt: `[ann fails 1] ${played({ ann: [text("never"), done] })}` },
        { name: "ben", prompt: `[ben fails 9] ${played({ ben: [text("never")] })}` },
        { name: "cleo", prompt: played({ cleo: [text("I do not say that I am done")] }) },
      ],
    };
    await test.turn(id, script({ calls: [call("Team", spec)] }, { text: "The team is over" }));
    await atRest(test, id);
    return id;
  },
  sequential: (test) => mode(test, "sequential", { a: [text("red")], b: [text("violet")] }),
  parallel: (test) =>
    mode(test, "parallel", {
      a: [text("red")],
      b: [text("never"), text("blue")],
      synthesiser: [text("violet")],
    }, {
      request: "Name a colour. [b fails 1] [c fails 9]",
      members: ["a", "b", "c"],
    }),
  debate: (test) =>
    mode(test, "debate", {
      a: [text("red"), disagree("no"), text("violet"), agree("yes")],
      b: [text("blue"), agree("fine"), text("violet, too"), agree("yes")],
      judge: [text("violet it is")],
    }),
  review: (test) =>
    mode(test, "review", {
      author: [text("red"), text("violet")],
      first: [revise("more blue"), approve("good")],
      second: [approve("fine"), approve("good")],
    }, { members: ["author", "first", "second"] }),
};

/** One run of a mode, and a second one that is cancelled. */
async function mode(
  test: TestRuntime,
  name: "sequential" | "parallel" | "debate" | "review",
  scripts: Parts,
  { request = "Name a colour.", members = ["a", "b"] }: { request?: string; members?: string[] } = {},
): Promise<string> {
  const id = await modeSession(test, name, {
    members: members.map((member) => ({ name: member })),
    restart: { max: 1, backoff_ms: 20 },
  });
  await test.turn(id, partsMessage(request, scripts));
  const slow: Step[] = [{ calls: [call("Bash", { command: "sleep 60" })] }, ...text("never")];
  await test.send(id, partsMessage("And another.", Object.fromEntries(members.map((one) => [one, [slow]]))));
  await nth(test, id, { type: "call.started" });
  await tell(test, id, { type: "turn.cancel" });
  await nth(test, id, { type: "mode.finished", count: 2 });
  await atRest(test, id);
  return id;
}

async function atRest(test: TestRuntime, id: string): Promise<void> {
  const rest = ["idle", "interrupted", "failed", "parked"];
  await until("rest", async () => rest.includes((await test.runtime.view(id)).state.summary.status) || null);
}
