// Ten thousand letters to one member: taken, shown in part, and the same without any snapshot.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { removeFolder } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const letters = 10_000;
/** What the tree shows of a mailbox. */
const shownMax = 20;

it(
  `${letters} letters to a member that works are all in its mailbox, and no loss of snapshots changes that`,
  {
    timeout: 120_000,
  },
  async () => {
    test = await openTestRuntime();
    const id = await test.session();
    const prompt = script({ calls: [{ name: "Bash", args: { command: "sleep 100" } }] }, { text: "over" });
    const spec = teamSpec.parse({ name: "t", goal: "g", members: [{ name: "a", prompt }] });
    await test.runtime.command(id, { type: "team.start", spec }, "me");
    await test.fact(id, "call.started");
    await Promise.all(Array.from({ length: letters }, (_, n) =>
      test.runtime.command(
        id,
        { type: "message.send", to: "a", message: `letter ${n}`, delivery: "steer" },
        "me",
      )));
    const mailbox = async (at?: number) => {
      const { tree } = await test.runtime.tree(id, at);
      const member = tree.find(({ path }) => path === "team:t/agent:a");
      return { unread: member?.unread, shown: member?.mailbox.map(({ text }) => text) };
    };
    const all = await mailbox();
    expect(all.unread).toBe(letters);
    expect(all.shown).toHaveLength(shownMax);
    const middle = (await test.runtime.view(id)).state.summary.seq - letters / 2;
    const half = await mailbox(middle);
    expect(half.unread).toBe(letters / 2);

    // While the daemon runs, and again while it does not.
    const snapshots = join(test.dataDir, "sessions", id, "snapshots");
    await removeFolder(snapshots);
    expect((await test.runtime.verify(id)).ok).toBe(true);
    expect(await mailbox(middle)).toEqual(half);
    await test.stop();
    await Deno.remove(snapshots, { recursive: true }).catch(() => {});
    await test.restart();
    expect(await mailbox(middle)).toEqual(half);
    expect((await test.runtime.verify(id)).ok).toBe(true);
    const types = await test.types(id);
    expect(types).not.toContain("session.upgraded");
    await test.runtime.command(id, { type: "turn.cancel" }, "me").catch(() => {});
    expect((await test.runtime.events(id, letters, 1_000)).events.map(({ type }) => type)).toContain(
      "team.finished",
    );
  },
);
