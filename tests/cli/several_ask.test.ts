// Several agents of one session ask at the same time: a person sees who asks what, and which command answers it; and at a
// terminal what is typed answers what was shown, nothing else.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";
import { hasScript, openScreen } from "./screen.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const created = z.object({ session_id: z.string() });
const agent = (name: string, prompt: string) => ({
  name: "Agent",
  args: { name, description: `the work of ${name}`, prompt },
});
const work = script(
  {
    calls: [
      agent(
        "asker",
        script(call("AskUserQuestion", { questions: [{ question: "Which colour?", options: [] }] }), {
          text: "Thanks",
        }),
      ),
      agent(
        "maker",
        script({
          text: "I make it",
          delay_ms: 500,
          ...call("Bash", { command: "touch made", outside_sandbox: true }),
        }, {
          text: "Made",
        }),
      ),
    ],
  },
  { text: "All done" },
);

/** A session in which an agent asks something, and then another one for approval. */
async function both(): Promise<{ id: string; question: string; approval: string }> {
  const { body } = await desk.server.call("POST", "/sessions", { name: "crew", workspace: desk.workspace });
  const id = created.parse(body).session_id;
  await desk.server.call("POST", `/sessions/${id}/messages`, { message: work });
  for (;;) {
    const { approvals, questions } = (await desk.view(id)).state;
    const [approval, question] = [approvals[0]?.call_id, questions[0]?.call_id];
    if (approval !== undefined && question !== undefined) return { id, question, approval };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("from another command line", () => {
  test("tree, status, sessions, approve and answer say who asks, and the exact command that answers", async () => {
    const { id, question, approval } = await both();
    const [answer, approve] = [
      `jamey answer ${id} ${question} ANSWER...`,
      `jamey approve ${id} ${approval}, or jamey deny ${id} ${approval}`,
    ];
    const tree = await desk.jamey(["tree", "crew"]);
    expect(tree.stderr).toContain("Waits for you:\n");
    expect(tree.stderr).toContain(`  asker, Which colour?: ${answer}\n`);
    expect(tree.stderr).toContain(`  maker, Bash: ${approve}\n`);
    expect((await desk.jamey(["tree", "crew", "--at", "5"])).stderr).toBe("");

    const asks = await desk.jamey(["approve", "crew"]);
    expect(asks.stdout).toContain("Bash asks to run for maker (main/agent:");
    expect(asks.stderr).toContain(`Answer with: ${approve}\n`);
    expect(asks.stderr).toContain(`What else waits for you:\n  asker, Which colour?: ${answer}\n`);
    const asked = await desk.jamey(["answer", "crew"]);
    expect(asked.stdout).toContain("asker asks (main/agent:");
    expect(asked.stderr).toContain(`Answer with: ${answer}\n`);

    expect((await desk.jamey(["sessions"])).stdout).toMatch(/acting, 2 ask/);
    expect((await desk.jamey(["status"])).stdout).toMatch(
      new RegExp(`waits +${id} \\(crew\\) acting, 2 ask`),
    );
    expect((await desk.jamey(["usage", "crew"])).stdout).toMatch(/^asker \(main\/agent:\S+\) /m);
    const nobody = await desk.jamey(["attach", "crew", "--actor", "baker"]);
    expect((await desk.jamey(["send", "crew", "--to", "baker", "hi"])).stderr).toMatch(
      /There are main, (asker, maker|maker, asker)$/m,
    );
    expect(nobody.stderr).toMatch(/There are main, (asker, maker|maker, asker)/);

    await desk.jamey(["answer", "crew", question, "red"]);
    await desk.jamey(["deny", "crew", approval]);
    expect((await desk.jamey(["approve", "crew"])).stderr).toBe("Nothing waits for approval\n");
  });

  test("those that wait at one budget are one line, whose command lets exactly them go on or ends them", async () => {
    const prompt = script({ text: "a", ...call("TaskList") }, { text: "end" });
    const members = ["ann", "ben"].map((name) => ({ name, prompt }));
    const team = { name: "lim", goal: "meet a limit", members, budget: { model_calls: 2 } };
    await Deno.writeTextFile(`${desk.workspace}/lim.json`, JSON.stringify(team));
    const id = (await desk.jamey(["team", "run", "lim.json", "--detach"])).stdout.trim();
    while ((await desk.view(id)).state.paused.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const extend = `jamey extend ${id} --actor team:lim`;
    const { stderr } = await desk.jamey(["team", "show", id]);
    expect(stderr).toMatch(
      /^Waits for you:\n {2}(ann, ben|ben, ann), the budget of team:lim is used up[^\n]*\n$/,
    );
    expect(stderr).toContain(`: ${extend}, or ${extend} --stop\n`);
    // A name of its own, because nobody gave it one.
    expect((await desk.jamey(["sessions"])).stdout).toMatch(/idle, 1 works, 2 ask .* lim \w{6} /);
    await desk.jamey(["extend", id, "--actor", "team:lim", "--stop"]);
    expect((await desk.view(id)).state.summary.asks).toBeUndefined();
  });
});

describe.skipIf(!hasScript)("at a terminal", () => {
  const open = (args: string) =>
    openScreen(desk.dataDir, args, {
      cwd: desk.workspace,
      env: { HOME: desk.folder, XDG_CONFIG_HOME: `${desk.folder}/config` },
      columns: 120,
    });

  test("attach asks one after the other, also what was asked before the events it shows", async () => {
    const { id } = await both();
    const screen = open(`attach ${id} --tree --after 19`);
    await screen.until("asker asks");
    await screen.until("Which colour?");
    await screen.until("(1 more waits)");
    await screen.until("answer to asker, Which colour? > ");
    // No approval, although one waits and was asked for last.
    await screen.type("y\r");
    await screen.until("Bash asks to run for maker");
    await screen.until("answer to maker, Bash > ");
    expect((await desk.view(id)).state.approvals).toHaveLength(1);
    await screen.type("n\r");
    await screen.until("all rest");
    await screen.type("\x03");
    expect(await screen.end()).toBe(130);
  });

  test("in a chat each question says whose it is, and mail of a person to whom it is", async () => {
    const { id } = await both();
    await desk.jamey(["send", id, "--to", "maker", "Hurry"]);
    const screen = open(`chat -s ${id}`);
    await screen.until("> to maker: Hurry");
    await screen.until("asker asks");
    await screen.until("asker, Which colour?: a number");
    await screen.type("red\r");
    await screen.until("Thanks");
    await screen.type("n\r");
    await screen.until("agent maker finished");
    await screen.until("All done");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });
});
