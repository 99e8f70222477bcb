// Sessions that other machines wrote: they can be read, go on after one recorded step, and say what cannot be proven.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { z } from "zod";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const fixtures = new URL("../fixtures/earlier", import.meta.url).pathname;
const expected = z.record(z.string(), z.object({ id: z.string(), seq: z.number(), status: z.string() }))
  .parse(JSON.parse(Deno.readTextFileSync(join(fixtures, "expected.json"))));

let test: TestRuntime;
let folder: string;
afterEach(async () => {
  await test.close();
  await Deno.remove(folder, { recursive: true });
});

async function open(name: string): Promise<string> {
  const { id = "" } = expected[name] ?? {};
  folder = await Deno.makeTempDir({ prefix: "jamey-earlier-" });
  await copy(join(fixtures, name), join(folder, "data", "sessions", id));
  test = await openTestRuntime({ folder });
  return id;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copy(source, target);
    else await Deno.copyFile(source, target);
  }
}

const upgrades = async (id: string) =>
  (await test.types(id)).filter((type) => type === "session.upgraded").length;

it.each(Object.keys(expected).filter((name) => name !== "waiting"))(
  'the session "%s" of earlier machines is read as it was, and goes on after one step that says so',
  async (name) => {
    const id = await open(name);
    const before = await test.runtime.view(id);
    expect(before).toMatchObject({
      seq: expected[name]?.seq,
      state: { summary: { status: expected[name]?.status } },
    });
    expect(await upgrades(id)).toBe(0);
    expect(await test.runtime.verify(id)).toMatchObject({ ok: true, unproven: before.seq, digests: 0 });
    await test.runtime.command(id, { type: "session.set_mode", permission_mode: "bypassPermissions" }, "me");
    await test.runtime.command(id, {
      type: "message.send",
      message: script({ text: "still here" }),
      delivery: "steer",
    }, "me");
    await test.fact(id, "turn.ended", before.seq);
    await test.restart();
    await test.runtime.command(id, { type: "session.rename", name: "kept" }, "me");
    expect(await upgrades(id)).toBe(1);
    const report = await test.runtime.verify(id);
    expect(report).toMatchObject({ ok: true, unproven: before.seq + 1 });
    expect(report.digests).toBe(report.records - report.unproven);
  },
);

it("an approval that waits in a session of earlier machines can still be answered", async () => {
  const id = await open("waiting");
  const [approval] = await test.runtime.approvals(id);
  const answer = { type: "call.answer", call_id: approval?.call_id ?? "", decision: "reject_once" } as const;
  await test.runtime.command(id, answer, "me");
  expect(await upgrades(id)).toBe(1);
  await test.fact(id, "turn.ended");
});

it("a fork of such a session begins with that step", async () => {
  const id = await open("tools");
  const { session_id } = await test.runtime.fork(id);
  expect(await upgrades(id)).toBe(0);
  expect(await upgrades(session_id)).toBe(1);
  expect(await test.runtime.verify(session_id)).toMatchObject({ ok: true });
});
