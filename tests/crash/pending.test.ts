// What waits for a person, or for a child, when the daemon is killed.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { Approval, SessionView, VerifyReport } from "../../src/protocol/http.ts";
import { type DaemonProcess, pause, startDaemonProcess, until } from "../support/daemon.ts";
import { script } from "../support/runtime.ts";

let folder = "";
let daemon: DaemonProcess;

afterEach(async () => {
  await daemon.end("SIGKILL");
  await Deno.remove(folder, { recursive: true });
});

async function start(): Promise<void> {
  daemon = await startDaemonProcess({ dataDir: join(folder, "data") });
}

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

const approvals = async (id: string) =>
  (await daemon.request<{ approvals: Approval[] }>("GET", `/sessions/${id}/approvals`)).approvals;
const events = async (id: string) =>
  (await daemon.request<{ events: EventEnvelope[] }>("GET", `/sessions/${id}/events?after=0&limit=1000`))
    .events;
const ended = (id: string) =>
  until("the end of the turn", async () => {
    const found = (await events(id)).find((event) => event.type === "turn.ended" && event.actor === "main");
    return found ?? null;
  });

it("an approval raised by a sub-agent is still there after SIGKILL, and its answer is carried out once", async () => {
  const command = "echo once >> ran; sleep 0.2";
  const inner = script({ calls: [{ name: "Bash", args: { command } }] }, { text: "inner done" });
  const agent = { name: "Agent", args: { description: "deep", prompt: inner } };
  const id = await begin(script({ calls: [agent] }, { text: "outer done" }), "default");
  const [asked] = await until(
    "the question",
    async () => (await approvals(id)).length === 1 ? await approvals(id) : null,
  );
  await killAndStart();
  expect(await approvals(id)).toEqual([asked]);
  const { call_id = "", digest } = asked ?? {};
  await daemon.request("POST", `/sessions/${id}/approvals/${call_id}`, { decision: "allow_once", digest });
  await until(
    "the start of the call",
    async () =>
      (await events(id)).some((event) => event.type === "call.started" && event.actor !== "main") || null,
  );
  await killAndStart();
  expect((await ended(id)).data.outcome).toBe("completed");
  expect(await Deno.readTextFile(join(folder, "work", "ran"))).toBe("once\n");
  expect((await events(id)).map((event) => event.type)).toContain("agent.resumed");
  expect(await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`)).toMatchObject({ ok: true });
});

it("a command that outlives the daemon is adopted: its real output and exit code become the result", async () => {
  const id = await begin(
    script({ calls: [{ name: "Bash", args: { command: "echo begun; sleep 2; echo finished; exit 3" } }] }, {
      text: "done",
    }),
    "bypassPermissions",
  );
  await until(
    "the command",
    async () => (await events(id)).some((event) => event.type === "call.started") || null,
  );
  await pause(200);
  await killAndStart();
  await ended(id);
  const result = (await events(id)).find((event) => event.type === "call.failed");
  expect(result?.data).toMatchObject({
    error: expect.stringContaining("3"),
    output: expect.stringMatching(/begun[\s\S]*finished/),
  });
});

it("a command that died with the daemon is interrupted, keeps its output, and is not run again", async () => {
  const id = await begin(
    script({
      calls: [{ name: "Bash", args: { command: "echo x >> ran; echo so far; sleep 61.93" } }],
    }, { text: "done" }),
    "bypassPermissions",
  );
  const pid = await until("the command", () => sleeping("61.93"));
  await pause(200);
  await daemon.end("SIGKILL");
  for (const member of processGroup(pid)) endIfAlive(member);
  await start();
  await ended(id);
  const result = (await events(id)).find((event) => event.type === "call.interrupted");
  expect(result?.data).toMatchObject({ output: expect.stringContaining("so far") });
  expect(await Deno.readTextFile(join(folder, "work", "ran"))).toBe("x\n");
});

it("a session that keeps killing its daemon is parked after three tries, and a message takes it up again", async () => {
  const id = await begin(script({ text: "slowly", delay_ms: 60_000 }), "bypassPermissions");
  for (let crash = 0; crash < 4; crash++) {
    await until(
      "the model call",
      async () => (await events(id)).filter((event) => event.type === "model.called").length > crash || null,
    );
    await killAndStart();
  }
  expect((await ended(id)).data.outcome).toBe("parked");
  expect((await daemon.request<SessionView>("GET", `/sessions/${id}`)).state.summary.status).toBe("parked");
  await daemon.request("POST", `/sessions/${id}/messages?wait=true`, { message: "help" });
  expect((await daemon.request<SessionView>("GET", `/sessions/${id}`)).state.summary.status).toBe("idle");
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  it(`${signal} ends the daemon in under two seconds, with the turn recorded and no process left`, async () => {
    const stubborn = "trap '' TERM INT; sleep 62.94 & sleep 62.94";
    const id = await begin(
      script({ calls: [{ name: "Bash", args: { command: stubborn } }] }, { text: "x" }),
      "bypassPermissions",
    );
    const pid = await until("the command", () => sleeping("62.94"));
    const group = processGroup(pid);
    expect(group.length).toBeGreaterThan(1);
    const asked = Date.now();
    expect(await daemon.end(signal)).toBe(code);
    // The promise is about this very time, so it is the outcome here.
    expect(Date.now() - asked).toBeLessThan(2_000);
    expect(group.filter(isAlive)).toEqual([]);
    await expect(Deno.stat(join(folder, "data", "daemon.json"))).rejects.toThrow();
    await start();
    const types = (await events(id)).map((event) => event.type);
    expect(types).toContain("call.interrupted");
    expect((await ended(id)).data.outcome).toBe("interrupted");
    // It waits for its user: nothing goes on by itself.
    expect(types.filter((type) => type === "model.called")).toHaveLength(1);
  });
}

/** The process that sleeps for so long; a command's own numbers of processes mean nothing outside of its sandbox. */
function sleeping(seconds: string): number | null {
  const found = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).find((pid) => {
    try {
      return Number.isInteger(pid) && Deno.readTextFileSync(`/proc/${pid}/cmdline`) === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  });
  return found ?? null;
}

/** Every process of the group that `pid` is in, from /proc. */
function processGroup(pid: number): number[] {
  const group = statFields(pid)[2];
  return [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name))
    .filter((other) => Number.isInteger(other) && group !== undefined && statFields(other)[2] === group);
}

function isAlive(pid: number): boolean {
  const [state] = statFields(pid);
  return state !== undefined && state !== "Z";
}

/** State, parent, group and so on: the fields after the command's name. */
function statFields(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
  } catch {
    return [];
  }
}

/** The end of one process of a group may be the end of others. */
function endIfAlive(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}
