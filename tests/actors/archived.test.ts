// A session that is put into the trash takes along what runs for it, and comes back able to go on.
import { afterEach, expect, it } from "vitest";
import { pause, until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const background = (command: string) => ({
  name: "Bash",
  args: { command, run_in_background: true },
});

async function beats(): Promise<number> {
  const text = await Deno.readTextFile(`${test.workspace}/beats`).catch(() => "");
  return text.length;
}

async function expectSilence(): Promise<void> {
  const before = await beats();
  await pause(300);
  expect(await beats()).toBe(before);
}

it("an archived session ends its background commands, and says so", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const command = "while true; do printf x >> beats; sleep 0.02; done";
  await test.turn(id, script({ calls: [background(command)] }, { text: "It runs" }));
  await until("its beat", async () => await beats() > 0 || null);
  await test.runtime.archive(id);
  await expectSilence();
  await test.runtime.restore(id);
  expect((await test.runtime.view(id)).state.background).toMatchObject([{ status: "killed" }]);
  expect((await test.turn(id, "help")).outcome).toBe("completed");
});

it("an archived session ends what its sub-agents left running", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const command = "while true; do printf x >> beats; sleep 0.02; done";
  const inner = script({ calls: [background(command)] }, { text: "It runs" });
  const agent = { name: "Agent", args: { description: "sub", prompt: inner } };
  await test.turn(id, script({ calls: [agent] }, { text: "done" }));
  await until("its beat", async () => await beats() > 0 || null);
  await test.runtime.archive(id);
  await expectSilence();
});

for (const delivery of ["steer", "queue"] as const) {
  it(`a session that was archived at a limit and restored hears the next message (${delivery})`, async () => {
    test = await openTestRuntime({ limits: { repeat: 2 } });
    const id = await test.session();
    const same = { calls: [{ name: "Bash", args: { command: "echo same" } }] };
    await test.send(id, script(same, same, same));
    await test.send(id, "and then", { delivery: "queue" });
    await test.fact(id, "budget.exceeded");
    await test.runtime.archive(id);
    await test.runtime.restore(id);
    const head = (await test.facts(id)).length;
    await test.send(id, "help me with this", { delivery });
    await test.fact(id, "turn.ended", head);
    const { wire } = await test.runtime.request(id, "last");
    const text = JSON.stringify(wire);
    expect(text.indexOf("and then")).toBeGreaterThan(0);
    expect(text.indexOf("help me with this")).toBeGreaterThan(text.indexOf("and then"));
    const ends = (await test.types(id)).slice(head).filter((type) => type === "turn.ended");
    expect(ends).toHaveLength(1);
  });
}
