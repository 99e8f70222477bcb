// What waits for a person, or for a child, when the daemon is killed.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { PermissionMode } from "../../src/protocol/facts.ts";
import {
  type CrashDaemon,
  isAlive,
  openCrashDaemon,
  processGroup,
  sleeping,
} from "../support/crash_daemon.ts";
import { until } from "../support/daemon.ts";
import { script } from "../support/runtime.ts";

/** How long commands sleep: no other run of these tests on this machine has the same. */
const nap = `61.${Deno.pid}0`;
let daemon: CrashDaemon;
afterEach(() => daemon.close());

async function begin(message: string, permission_mode: PermissionMode): Promise<string> {
  daemon = await openCrashDaemon();
  const id = await daemon.session({ permission_mode });
  await daemon.post(id, "/messages", { message });
  return id;
}

it("an approval raised by a sub-agent is still there after SIGKILL, and its answer is carried out once", async () => {
  const command = "echo once >> ran; sleep 0.5";
  const inner = script({ calls: [{ name: "Bash", args: { command } }] }, { text: "inner done" });
  const agent = { name: "Agent", args: { description: "deep", prompt: inner } };
  const id = await begin(script({ calls: [agent] }, { text: "outer done" }), "default");
  const asked = await until("the question", async () => {
    const [one, ...more] = await daemon.approvals(id);
    return one === undefined || more.length > 0 ? null : one;
  });
  await daemon.killAndStart();
  expect(await daemon.approvals(id)).toEqual([asked]);
  await daemon.allow(id, asked);
  const ran = join(daemon.workspace, "ran");
  // A kill between the fact that it starts and the start itself would leave it not run, and that is right too.
  await until("the command", async () => (await Deno.readTextFile(ran).catch(() => "")) || null);
  await daemon.killAndStart();
  expect((await daemon.turnEnd(id)).data.outcome).toBe("completed");
  expect(await Deno.readTextFile(ran)).toBe("once\n");
  expect((await daemon.events(id)).map((event) => event.type)).toContain("agent.resumed");
  await daemon.expectProven(id);
});

it("a command that outlives the daemon is adopted: its real output and exit code become the result", async () => {
  const id = await begin(
    script({
      calls: [{ name: "Bash", args: { command: "echo begun; touch begun; sleep 2; echo finished; exit 3" } }],
    }, { text: "done" }),
    "bypassPermissions",
  );
  await until("the command", () => Deno.lstat(join(daemon.workspace, "begun")).catch(() => null));
  await daemon.killAndStart();
  await daemon.turnEnd(id);
  const result = (await daemon.events(id)).find((event) => event.type === "call.failed");
  expect(result?.data).toMatchObject({
    error: expect.stringContaining("3"),
    output: expect.stringMatching(/begun[\s\S]*finished/),
  });
});

it("a command that died with the daemon is interrupted, keeps its output, and is not run again", async () => {
  const id = await begin(
    script({
      calls: [{ name: "Bash", args: { command: `echo x >> ran; echo so far; sleep ${nap}3` } }],
    }, { text: "done" }),
    "bypassPermissions",
  );
  const pid = await until("the command", () => sleeping(`${nap}3`)[0] ?? null);
  await daemon.process.end("SIGKILL");
  for (const member of processGroup(pid)) endIfAlive(member);
  await daemon.start();
  await daemon.turnEnd(id);
  const result = (await daemon.events(id)).find((event) => event.type === "call.interrupted");
  expect(result?.data).toMatchObject({ output: expect.stringContaining("so far") });
  expect(await Deno.readTextFile(join(daemon.workspace, "ran"))).toBe("x\n");
});

it("a session that keeps killing its daemon is parked after three tries, and a message takes it up again", async () => {
  const id = await begin(script({ text: "slowly", delay_ms: 60_000 }), "bypassPermissions");
  for (let crash = 0; crash < 4; crash++) {
    await until(
      "the model call",
      async () =>
        (await daemon.events(id)).filter((event) => event.type === "model.called").length > crash || null,
    );
    await daemon.killAndStart();
  }
  expect((await daemon.turnEnd(id)).data.outcome).toBe("parked");
  expect((await daemon.view(id)).state.summary.status).toBe("parked");
  await daemon.post(id, "/messages?wait=true", { message: "help" });
  expect((await daemon.view(id)).state.summary.status).toBe("idle");
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  it(`${signal} ends the daemon in under two seconds, with the turn recorded and no process left`, async () => {
    const stubborn = `trap '' TERM INT; sleep ${nap}4 & sleep ${nap}4`;
    const id = await begin(
      script({ calls: [{ name: "Bash", args: { command: stubborn } }] }, { text: "x" }),
      "bypassPermissions",
    );
    const pid = await until("the command", () => sleeping(`${nap}4`)[0] ?? null);
    const group = processGroup(pid);
    expect(group.length).toBeGreaterThan(1);
    const asked = Date.now();
    expect(await daemon.process.end(signal)).toBe(code);
    // The promise is about this very time, so it is the outcome here.
    expect(Date.now() - asked).toBeLessThan(2_000);
    expect(group.filter(isAlive)).toEqual([]);
    await expect(Deno.stat(join(daemon.folder, "data", "daemon.json"))).rejects.toThrow();
    await daemon.start();
    const types = (await daemon.events(id)).map((event) => event.type);
    expect(types).toContain("call.interrupted");
    expect((await daemon.turnEnd(id)).data.outcome).toBe("interrupted");
    // It waits for its user: nothing goes on by itself.
    expect(types.filter((type) => type === "model.called")).toHaveLength(1);
  });
}

/** The end of one process of a group may be the end of others. */
function endIfAlive(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}
