// Sub-agents of sub-agents when the daemon is killed, and when a person stops them.
// JAMEY_CRASH_KILLS=n kills n times, 5 in each session (5 in CI); JAMEY_CRASH_SEED=n repeats one.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { Approval, SessionView, VerifyReport } from "../../src/protocol/http.ts";
import { type DaemonProcess, pause, seeded, startDaemonProcess, until } from "../support/daemon.ts";
import { serverFrame } from "../support/frames.ts";
import { script } from "../support/runtime.ts";

/** Of each session. */
const killsMax = 5;
const sessions = Math.ceil(Number(Deno.env.get("JAMEY_CRASH_KILLS") ?? killsMax) / killsMax);
const firstSeed = Number(Deno.env.get("JAMEY_CRASH_SEED") ?? 20_261_121);

let folder = "";
let daemon: DaemonProcess;
afterEach(async () => {
  await daemon.end("SIGKILL");
  await Deno.remove(folder, { recursive: true });
});

const start = async () => void (daemon = await startDaemonProcess({ dataDir: join(folder, "data") }));
async function killAndStart(): Promise<void> {
  await daemon.end("SIGKILL");
  await start();
}

async function begin(message: string, permission_mode: "default" | "bypassPermissions"): Promise<string> {
  folder = await Deno.makeTempDir({ prefix: "jamey-crash-" });
  await Deno.mkdir(join(folder, "work"));
  await start();
  const body = { workspace: join(folder, "work"), permission_mode };
  const { session_id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
  await daemon.request("POST", `/sessions/${session_id}/messages`, { message });
  return session_id;
}

const bash = (command: string) => ({ name: "Bash", args: { command } });
const agent = (prompt: string, more: { background?: boolean; name?: string } = {}) => ({
  name: "Agent",
  args: { description: "a part", prompt, ...more },
});
const events = async (id: string) =>
  (await daemon.request<{ events: EventEnvelope[] }>("GET", `/sessions/${id}/events?after=0&limit=1000`))
    .events;
const approvals = async (id: string) =>
  (await daemon.request<{ approvals: Approval[] }>("GET", `/sessions/${id}/approvals`)).approvals;
const mainEnds = (id: string, limitMs?: number) =>
  until(
    "the end of the turn",
    async () =>
      (await events(id)).find(({ type, actor }) => type === "turn.ended" && actor === "main") ?? null,
    limitMs,
  );

/** A client that is attached: what it sees as it happens. */
function attach(id: string): { seen: EventEnvelope[]; close: () => void } {
  const url = `${daemon.url.replace("http", "ws")}/sessions/${id}/ws?after=0&deltas=false`;
  const socket = new WebSocket(url, ["jamey.v1", `jamey.bearer.${daemon.token}`]);
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
  const id = await begin(script({ calls: [agent(middle)] }, { text: "outer done" }), "default");
  const asked = await until("the question", async () => (await approvals(id))[0] ?? null);
  expect(asked.actor.split("/agent:")).toHaveLength(3);
  await killAndStart();
  const clients = [attach(id), attach(id)];
  for (const { seen } of clients) {
    await until(
      "the question at a client",
      () =>
        seen.find(({ type, data }) => type === "call.approval_requested" && data.call_id === asked.call_id) ??
          null,
    );
  }
  expect(await approvals(id)).toEqual([asked]);
  const { call_id, digest } = asked;
  await daemon.request("POST", `/sessions/${id}/approvals/${call_id}`, { decision: "allow_once", digest });
  for (const { seen, close } of clients) {
    await until(
      "the answer at a client",
      () => seen.find(({ type, data }) => type === "call.approved" && data.call_id === call_id) ?? null,
    );
    close();
  }
  await killAndStart();
  expect((await mainEnds(id)).data.outcome).toBe("completed");
  expect(await Deno.readTextFile(join(folder, "work", "ran"))).toBe("once\n");
  const results = (await events(id)).filter(({ type }) => type === "agent.finished").map(({ data }) =>
    data.result
  );
  expect(results).toEqual(["deep done", "middle done"]);
});

it("a cancelled parent ends all its children within two seconds, those in the background too, and leaves no process", async () => {
  const sleeps = (seconds: string) => script({ calls: [bash(`sleep ${seconds}`)] }, { text: "never" });
  const middle = script(
    { calls: [agent(sleeps("63.11")), agent(sleeps("63.12"), { background: true }), bash("sleep 63.13")] },
    { text: "never" },
  );
  const id = await begin(
    script({ calls: [agent(middle, { background: true }), agent(middle), bash("sleep 63.14")] }, {
      text: "never",
    }),
    "bypassPermissions",
  );
  const pids = await until("seven commands", () => {
    const found = sleeping(/^63\.1\d$/);
    return found.length === 7 ? found : null;
  });
  const asked = Date.now();
  await daemon.request("POST", `/sessions/${id}/cancel`);
  await mainEnds(id);
  const isOver = async () => {
    const ends = (await events(id)).filter(({ type }) => type === "agent.stopped");
    return ends.length === 6 && pids.every((pid) => !isAlive(pid)) || null;
  };
  await until("the end of everybody", isOver);
  // The promise is about this very time, so it is the outcome here.
  expect(Date.now() - asked).toBeLessThan(2_000);
  expect(sleeping(/^63\.1\d$/)).toEqual([]);
  const view = await daemon.request<SessionView>("GET", `/sessions/${id}`);
  expect(view.state.effects).toEqual({});
  expect(view.state.calls).toEqual({});
});

for (let n = 0; n < sessions; n++) {
  const seed = firstSeed + n;
  it(`nested agents, mail and waits come to the same end over ${killsMax} kills (seed ${seed})`, {
    timeout: 240_000,
  }, async () => {
    const random = seeded(seed);
    const note = (word: string) => bash(`echo ${word} >> "${join(folder, "work", "ledger")}"; sleep 0.25`);
    const say = (to: string, message: string) => ({ name: "SendMessage", args: { to, message } });
    folder = await Deno.makeTempDir({ prefix: "jamey-crash-" });
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
    await Deno.mkdir(join(folder, "work"));
    await start();
    const body = { workspace: join(folder, "work"), permission_mode: "bypassPermissions" };
    const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", body);
    await daemon.request("POST", `/sessions/${id}/messages`, { message });
    let midway = 0;
    for (let kill = 0; kill < killsMax; kill++) {
      const before = (await events(id)).length;
      // After three recoveries in a row without progress a turn is parked, as it should be: that is another test.
      await until("progress", async () => {
        const all = await events(id);
        return isOver(all) || all.slice(before).some(({ type }) => type === "model.replied") || null;
      });
      await pause(random() * 120);
      if (!isOver(await events(id))) midway += 1;
      await killAndStart();
    }
    expect(midway, "kills while it worked").toBeGreaterThanOrEqual(3);
    const last = await until("the end of everything", async () => {
      const { state, conversation } = await daemon.request<SessionView>("GET", `/sessions/${id}`);
      const isResting = Object.keys(state.effects).length === 0 && state.summary.status === "idle";
      return isResting ? conversation.at(-1) ?? null : null;
    }, 60_000);
    expect(last).toMatchObject({ role: "assistant", text: "All done." });
    const facts = await events(id);
    const results = facts.filter(({ type }) => type === "agent.finished").map(({ data }) => data.result);
    expect(results.sort()).toEqual(
      ["one done", "one.a done", "one.b done", "two done", "two.a done", "two.b done"],
    );
    const mail = facts.filter(({ type }) => type === "team.message_sent").map(({ data }) => data.text);
    expect(mail.sort()).toEqual(
      ["one.a", "one.b", "two.a", "two.b"].map((name) => `${name} is half through`),
    );
    const lines = (await Deno.readTextFile(join(folder, "work", "ledger"))).trim().split("\n");
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
    expect(await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`)).toMatchObject({ ok: true });
  });
}

function isOver(all: readonly EventEnvelope[]): boolean {
  return all.some(({ type, actor }) => type === "turn.ended" && actor === "main");
}

/** The processes that sleep for so long; a command's own numbers of processes mean nothing outside of its sandbox. */
function sleeping(seconds: RegExp): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      const [program, argument = ""] = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      return program === "sleep" && seconds.test(argument);
    } catch {
      return false;
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^.*\) Z/s.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
