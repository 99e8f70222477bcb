// A daemon that dies after any record of a rich session: whoever opens the log next brings it to rest.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import { foldState } from "../../actors/fold.ts";
import { stepSession } from "../../machines/session.ts";
import { checkedMachineVersion } from "../../machines/version.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { doubled, untilRest } from "../support/crew_ends.ts";
import { afterEachRecord, cutTo, type Recording, recordingOf } from "../support/cut_log.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const bash = (line: string, more = "") => ({
  name: "Bash",
  args: { command: `echo ${line} >> ledger${more}` },
});
const read = (file_path: string) => ({ name: "Read", args: { file_path } });
const write = (file_path: string) => ({ name: "Write", args: { file_path, content: file_path } });
const agent = (prompt: string) => ({ name: "Agent", args: { description: "sub", prompt } });

let original: TestRuntime;
let session = "";
let recording: Recording;

beforeAll(async () => {
  original = await openTestRuntime();
  session = await original.session();
  const inner = script({ calls: [bash("inner"), read("a")] }, { text: "inner done" });
  await original.turn(
    session,
    script({ calls: [write("a"), bash("one")] }, { calls: [agent(inner), bash("two")] }, { text: "done" }),
  );
  await byHand("hand", "by-hand-1");
  await original.send(session, script({ calls: [bash("slow", "; sleep 0.3")] }, { text: "x" }));
  await original.send(session, "help", { delivery: "queue" });
  const steering = script({ calls: [bash("steered")] }, { text: "y" });
  const { message_id = "" } = await original.send(session, steering);
  await original.runtime.turn(session, message_id, AbortSignal.timeout(20_000));
  await untilRest(original, session);
  const cancelled = script({
    calls: [
      agent(script({ calls: [bash("cut", "; until [ -e stop ]; do sleep 0.05; done")] }, { text: "z" })),
    ],
  }, {});
  await original.send(session, cancelled);
  await until("the command", async () => (await ledger()).includes("cut") || null);
  await original.runtime.command(session, { type: "turn.cancel" }, "me");
  await untilRest(original, session);
  // From here on no command waits for anything.
  await Deno.writeTextFile(join(original.workspace, "stop"), "");
  recording = await recordingOf(original, session);
}, 60_000);

afterAll(() => original.close());

async function byHand(line: string, id: string): Promise<void> {
  await original.runtime.command(session, { type: "tool.run", tool_call: bash(line), id }, "me");
  await original.runtime.call(session, id, AbortSignal.timeout(20_000));
}

async function ledger(): Promise<string[]> {
  const text = await Deno.readTextFile(join(original.workspace, "ledger")).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** What the commands that had been started left behind: what else the ledger holds is of later ones. */
function startedLines(until: number): string[] {
  const { facts } = recording;
  const started = new Set<string>();
  for (const fact of facts.slice(0, until)) {
    if (fact.type === "call.started") started.add(fact.data.call_id);
  }
  return facts.flatMap((fact) => {
    if (fact.type !== "call.proposed" || fact.data.name !== "Bash" || !started.has(fact.data.call_id)) {
      return [];
    }
    const { args } = fact.data;
    return typeof args === "string" ? [] : [/echo (\w+)/.exec(String(args.command))?.[1] ?? ""];
  });
}

it(
  "after a crash at any record the session comes to rest: one result a call, no command run twice",
  () =>
    afterEachRecord(recording, async (cut) => {
      await untilRest(cut, session);
      const written = await ledger();
      expect([...new Set(written)].sort()).toEqual([...written].sort());
      expect((await cut.turn(session, "help")).outcome).toBe("completed");
    }, {
      before: async (head) => {
        const before = startedLines(head).map((line) => `${line}\n`).join("");
        await Deno.writeTextFile(join(original.workspace, "ledger"), before);
      },
    }),
  120_000,
);

/** What daemons leave that took the session over and died at once, again and again. */
async function crashAgain(made: string, times: number): Promise<void> {
  const store = await openFileLog(openDenoDisk(), join(made, "data"));
  const log = await store.open(session);
  const folded = await foldState(log, { machineVersion: checkedMachineVersion() });
  let { state, epoch } = folded;
  for (let crash = 0; crash < times; crash++) {
    epoch += 1;
    const data = { epoch, version: "test", recovered: true };
    const place = { seq: state.seq + 1, at: state.at, actor: "main", v: 1 };
    const step = stepSession(state, { ...place, type: "session.owned", data });
    if (step.ignored) throw new Error(step.why);
    await log.append(epoch, state.seq, [{ ...place, type: "session.owned", data, epoch, post: step.post }]);
    state = step.state;
  }
  await log.close();
  await store.close();
}

it(
  "after a crash at any record that comes back three times the session is parked: one result a call",
  () =>
    afterEachRecord(recording, async (cut) => {
      await untilRest(cut, session);
      expect((await cut.turn(session, "help")).outcome).toBe("completed");
    }, { from: 2, before: (_, made) => crashAgain(made, 3), atOnce: 6 }),
  120_000,
);

it("a fork at any record comes to rest at once: one result a call, nothing of it is run", async () => {
  const made = await cutTo(recording, recording.lines.length);
  const test = await openTestRuntime({ folder: made });
  await Deno.remove(join(original.workspace, "ledger"));
  try {
    for (let at = 1; at <= recording.facts.length; at++) {
      const { session_id } = await test.runtime.fork(session, at);
      const { state } = await test.runtime.view(session_id);
      expect([at, state.effects, state.calls]).toEqual([at, {}, {}]);
      expect(doubled(await test.facts(session_id))).toEqual([]);
      expect((await test.turn(session_id, "help")).outcome).toBe("completed");
    }
    expect(await ledger()).toEqual([]);
  } finally {
    await test.close();
    await Deno.remove(made, { recursive: true });
  }
}, 60_000);
