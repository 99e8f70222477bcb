// Sessions in which everything is at work at once, for the offline provider: agents of agents, a team that an agent of an
// agent calls, workflows with teams and workflows in them, every mode, mail, approvals and questions.
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { agree, approve, modeSession, partsMessage, revise } from "./mode_session.ts";
import { script, type Step, type TestRuntime } from "./runtime.ts";
import { five, tasks } from "./team_scenario.ts";
import { exampleDefinition } from "./workflow_files.ts";

const calls = (...all: [name: string, args: JsonObject][]): Step => ({
  calls: all.map(([name, args]) => ({ name, args })),
});
const agent = (prompt: string, more: JsonObject = {}): [string, JsonObject] => [
  "Agent",
  { description: "a part", prompt, ...more },
];
const mail = (to: string, message: string): [string, JsonObject] => ["SendMessage", { to, message }];
const done = (name: string): Step[] => [calls(["WorkDone", { summary: `${name} has done it` }]), {
  text: `${name} is done`,
}];

/** What an agent at depth 3 does: it asks for approval, and asks a question. */
const deep = script(
  calls(["Bash", { command: "echo deep >> ledger" }]),
  calls(["AskUserQuestion", {
    questions: [{
      question: "Which one?",
      header: "One",
      options: [{ label: "left", description: "" }, { label: "right", description: "" }],
    }],
  }]),
  { text: "deep is done" },
);
const middle = script(calls(agent(deep, { name: "deep" })), { text: "middle is done" });
const pair = {
  name: "pair",
  goal: "small things",
  members: [
    { name: "ann", prompt: script(calls(mail("ben", "ann to ben")), ...done("ann")) },
    { name: "ben", prompt: script(calls(mail("lead", "ben to lead")), ...done("ben")) },
  ],
};
const leader = script(calls(["Team", pair]), { text: "leader is done" });

/** The message that begins all of the main agent's part. */
export const everything = script(
  calls(agent(leader, { name: "leader", background: true }), agent(middle, { name: "middle" })),
  calls(["AgentWait", { agents: ["leader"], timeout_s: 60 }]),
  { text: "All done." },
);

/** A workflow with a team, another workflow and an `each` in it. */
export const graph: JsonObject = {
  name: "graph",
  nodes: {
    crew: {
      kind: "team",
      goal: "the graph's part",
      members: [{ name: "cat", prompt: script(...done("cat")) }, {
        name: "dan",
        prompt: script(...done("dan")),
      }],
    },
    below: {
      kind: "workflow",
      definition: {
        name: "below",
        nodes: {
          say: { kind: "agent", prompt: script({ text: "below is done" }) },
          right: { kind: "condition", when: "1 == 1", needs: ["say"] },
        },
        outputs: { said: "{{ nodes.say.output }}" },
      },
    },
    many: {
      kind: "each",
      over: "{{ [1, 2, 3] }}",
      node: { kind: "agent", prompt: script({ text: "one of many" }) },
    },
    last: { kind: "agent", needs: ["crew", "below", "many"], prompt: script({ text: "the graph is done" }) },
  },
  outputs: { said: "{{ nodes.last.output }}", below: "{{ nodes.below.output.said }}" },
};

/** The last of the facts by which a person began the scene: a log that is cut before it lacks a part of it. */
export function crewBegins(facts: readonly Pick<Fact, "type" | "actor" | "seq">[]): number {
  const begins = facts.filter(({ type, actor }) =>
    !actor.includes("/") && (type === "team.started" || type === "workflow.started") ||
    type === "message.received" && actor === "main"
  );
  return begins.at(-1)?.seq ?? 0;
}

export type Scene = (test: TestRuntime) => Promise<string>;

async function workflow(test: TestRuntime, definition: JsonObject, inputs: JsonObject = {}): Promise<string> {
  const session = await test.session("default");
  await test.runtime.command(session, { type: "workflow.start", definition, inputs }, "test");
  return session;
}

const say = (text: string): Step[] => [{ text }];
const helper = script({ text: "the helper is done" });

/** Each begins its work, and gives the session; a person has to answer what it asks. */
export const scenes: Record<string, Scene> = {
  "a team of five": async (test) => {
    const session = await test.session();
    for (const { id, args } of tasks) {
      await test.runtime.command(
        session,
        { type: "tool.run", tool_call: { name: "TaskCreate", args }, id },
        "me",
      );
      await test.runtime.call(session, id, AbortSignal.timeout(20_000));
    }
    await test.runtime.command(session, { type: "team.start", spec: teamSpec.parse(five) }, "test");
    return session;
  },
  "a workflow with a team, a workflow and an each": (test) => workflow(test, graph),
  "the example of a review": async (test) => workflow(test, await exampleDefinition("review")),
  "the example of a release": async (test) =>
    workflow(test, await exampleDefinition("release"), { version: "1.2.3", folder: "out" }),
  "everything at once": async (test) => {
    const session = await workflow(test, graph);
    await test.send(session, everything);
    return session;
  },
  "a sequential session": async (test) => {
    const session = await modeSession(test, "sequential", { members: [{ name: "a" }, { name: "b" }] });
    await test.send(
      session,
      partsMessage("Go.", { a: [[calls(agent(helper)), ...say("red")]], b: [say("blue")] }),
    );
    return session;
  },
  "a parallel session": async (test) => {
    const session = await modeSession(test, "parallel", { members: [{ name: "a" }, { name: "b" }] });
    const parts = {
      a: [[calls(agent(helper, { background: true })), calls(["AgentWait", {}]), ...say("red")]],
      b: [say("blue")],
      synthesiser: [say("red or blue")],
    };
    await test.send(session, partsMessage("Go.", parts));
    return session;
  },
  "a debate": async (test) => {
    const session = await modeSession(test, "debate", {
      members: [{ name: "a" }, { name: "b" }],
      rounds_max: 2,
    });
    const parts = { a: [say("red"), agree("red")], b: [say("red"), agree("red")], judge: [say("red it is")] };
    await test.send(session, partsMessage("Go.", parts));
    return session;
  },
  "a review": async (test) => {
    const session = await modeSession(test, "review");
    const parts = {
      author: [say("one"), say("two")],
      reviewer: [revise("no"), approve("yes")],
    };
    await test.send(session, partsMessage("Go.", parts));
    return session;
  },
};
