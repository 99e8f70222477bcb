// Sub-agents of sub-agents when the daemon is killed, and when a person stops them.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import {
  type CrashDaemon,
  isAlive,
  isMainEnd,
  kills,
  openCrashDaemon,
  seedOr,
  sleeping,
} from "../support/crash_daemon.ts";
import { pause, seeded, until } from "../support/daemon.ts";
import { serverFrame } from "../support/frames.ts";
import { script } from "../support/runtime.ts";

/** Of each session. */
const killsMax = 5;
const sessions = Math.ceil(kills / killsMax);
const firstSeed = seedOr(20_261_121);

/** How long commands sleep: no other run of these tests on this machine has the same. */
const nap = `63.${Deno.pid}0`;
let daemon: CrashDaemon;
afterEach(() => daemon.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });
const agent = (prompt: string, more: { background?: boolean; name?: string } = {}) => ({
  name: "Agent",
  args: { description: "a part", prompt, ...more },
});
/** A client that is attached: what it sees as it happens. */
function attach(id: string): { seen: EventEnvelope[]; close: () => void } {
  const url = `${daemon.process.url.replace("http", "ws")}/sessions/${id}/ws?after=0&deltas=false`;
  const socket = new WebSocket(url, ["jamey.v1", `jamey.bearer.${daemon.process.token}`]);
  const seen: EventEnvelope[] = [];
  socket.onmessage = ({ data }) => {
    const frame = serverFrame.parse(JSON.parse(data));
    if (frame.type === "event") seen.push(frame.event);
  };
  return { seen, close: () => socket.close() };
}

it("an approval raised by a sub-agent's sub-agent reaches every client, and its answer reaches it, also over SIGKILL", async () => {
  const deep = script({ calls: [bash("echo once >> ran")] }, { text: "deep done" });
  const middle = script({ calls: [agent(deep)] }, { text: "middle done" });
  daemon = await openCrashDaemon();
  const id = await daemon.session({ permission_mode: "default" });
  await daemon.post(id, "/messages", { message: script({ calls: [agent(middle)] }, { text: "outer done" }) });
  const asked = await until("the question", async () => (await daemon.approvals(id))[0] ?? null);
  expect(asked.actor.split("/agent:")).toHaveLength(3);
  await daemon.killAndStart();
  const clients = [attach(id), attach(id)];
  for (const { seen } of clients) {
    await until(
      "the question at a client",
      () =>
        seen.find(({ type, data }) => type === "call.approval_requested" && data.call_id === asked.call_id) ??
          null,
    );
  }
  expect(await daemon.approvals(id)).toEqual([asked]);
  await daemon.allow(id, asked);
  for (const { seen, close } of clients) {
    await until(
      "the answer at a client",
      () => seen.find(({ type, data }) => type === "call.approved" && data.call_id === asked.call_id) ?? null,
    );
    close();
  }
  await daemon.killAndStart();
  expect((await daemon.turnEnd(id)).data.outcome).toBe("completed");
  expect(await Deno.readTextFile(join(daemon.workspace, "ran"))).toBe("once\n");
  const results = (await daemon.events(id)).filter(({ type }) => type === "agent.finished").map(({ data }) =>
    data.result
  );
  expect(results).toEqual(["deep done", "middle done"]);
});

it("a cancelled parent ends all its children within two seconds, those in the background too, and leaves no process", async () => {
  const sleeps = (seconds: string) => script({ calls: [bash(`sleep ${seconds}`)] }, { text: "never" });
  const middle = script(
    {
      calls: [
        agent(sleeps(`${nap}1`)),
        agent(sleeps(`${nap}2`), { background: true }),
        bash(`sleep ${nap}3`),
      ],
    },
    { text: "never" },
  );
  const message = script(
    { calls: [agent(middle, { background: true }), agent(middle), bash(`trap '' TERM; sleep ${nap}4`)] },
    {
      text: "never",
    },
  );
  daemon = await openCrashDaemon();
  const id = await daemon.session();
  await daemon.post(id, "/messages", { message });
  const pids = await until("seven commands", () => {
    const found = sleeping(nap);
    return found.length === 7 ? found : null;
  });
  const asked = Date.now();
  await daemon.post(id, "/cancel");
  await daemon.turnEnd(id);
  const isOver = async () => {
    const ends = (await daemon.events(id)).filter(({ type }) => type === "agent.stopped");
    return ends.length === 6 && pids.every((pid) => !isAlive(pid)) || null;
  };
  await until("the end of everybody", isOver);
  // The promise is about this very time, so it is the outcome here.
  expect(Date.now() - asked).toBeLessThan(2_000);
  expect(sleeping(nap)).toEqual([]);
  const view = await daemon.view(id);
  expect(view.state.effects).toEqual({});
  expect(view.state.calls).toEqual({});
});

for (let n = 0; n < sessions; n++) {
  const seed = firstSeed + n;
  it(`nested agents, mail and waits come to the same end over ${killsMax} kills (seed ${seed})`, {
    timeout: 240_000,
  }, async () => {
    const random = seeded(seed);
    const note = (word: string) => bash(`echo ${word} >> "${join(daemon.workspace, "ledger")}"; sleep 0.25`);
    const say = (to: string, message: string) => ({ name: "SendMessage", args: { to, message } });
    daemon = await openCrashDaemon();
    const deep = (name: string) =>
      script({ calls: [note(`${name}.1`)] }, { calls: [say("parent", `${name} is half through`)] }, {
        calls: [note(`${name}.2`)],
      }, { text: `${name} done` });
    const middle = (name: string) =>
      script(
        { calls: [agent(deep(`${name}.a`)), agent(deep(`${name}.b`), { background: true })] },
        {
          calls: [{ name: "AgentWait", args: {} }],
        },
        { calls: [note(name)] },
        { text: `${name} done` },
      );
    const message = script(
      {
        calls: [agent(middle("one")), agent(middle("two"), { background: true, name: "two" }), note("main")],
      },
      { calls: [{ name: "AgentWait", args: { agents: ["two"], timeout_s: 60 } }] },
      { text: "All done." },
    );
    const id = await daemon.session();
    await daemon.post(id, "/messages", { message });
    let midway = 0;
    for (let kill = 0; kill < killsMax; kill++) {
      const before = (await daemon.events(id)).length;
      // After three recoveries in a row without progress a turn is parked, as it should be: that is another test.
      await until("progress", async () => {
        const all = await daemon.events(id);
        return all.some(isMainEnd) || all.slice(before).some(({ type }) => type === "model.replied") || null;
      });
      await pause(random() * 120);
      if (!(await daemon.events(id)).some(isMainEnd)) midway += 1;
      await daemon.killAndStart();
    }
    expect(midway, "kills while it worked").toBeGreaterThanOrEqual(3);
    const last = await until("the end of everything", async () => {
      const { state, conversation } = await daemon.view(id);
      const isResting = Object.keys(state.effects).length === 0 && state.summary.status === "idle";
      return isResting ? conversation.at(-1) ?? null : null;
    }, 60_000);
    expect(last).toMatchObject({ role: "assistant", text: "All done." });
    const facts = await daemon.events(id);
    const results = facts.filter(({ type }) => type === "agent.finished").map(({ data }) => data.result);
    expect(results.sort()).toEqual(
      ["one done", "one.a done", "one.b done", "two done", "two.a done", "two.b done"],
    );
    const mail = facts.filter(({ type }) => type === "team.message_sent").map(({ data }) => data.text);
    expect(mail.sort()).toEqual(
      ["one.a", "one.b", "two.a", "two.b"].map((name) => `${name} is half through`),
    );
    const lines = (await Deno.readTextFile(join(daemon.workspace, "ledger"))).trim().split("\n");
    expect(lines.length, "a command ran twice").toBe(new Set(lines).size);
    // One that never began has said so, whichever way.
    const unrun = facts.filter(({ type, data }) =>
      ["call.interrupted", "call.failed"].includes(type) && data.name === "Bash"
    );
    const ends = JSON.stringify(unrun.map(({ data }) => data.reason ?? data.error));
    expect(lines.length + unrun.length, ends).toBeGreaterThanOrEqual(11);
    const started = facts.filter(({ type }) => type === "agent.started").map(({ actor }) => actor);
    expect(started.length).toBe(new Set(started).size);
    expect(started).toHaveLength(6);
    await daemon.expectProven(id);
  });
}
