// The daemon is killed with SIGKILL at random moments of a run of each mode: it comes to the same answer, and nobody is asked
// twice for the same thing. JAMEY_CRASH_KILLS counts for each mode.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { AgentMode } from "../../src/protocol/facts.ts";
import type { Approval } from "../../src/protocol/http.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import { type CrashDaemon, isMainEnd, kills, openCrashDaemon, seedOr } from "../support/crash_daemon.ts";
import { pause, seeded, until } from "../support/daemon.ts";
import { type Parts, partsMessage } from "../support/mode_session.ts";
import type { Step } from "../support/runtime.ts";

const seed = seedOr(20_261_121);
const killsASession = 5;

let daemon: CrashDaemon;
afterEach(() => daemon.close());

/** One answer: a command that leaves a line behind, then these words, slowly. */
function works(text: string): Step[] {
  const command = `echo "${text.replace("\n", " ")}" >> ledger; sleep 0.2`;
  return [{ calls: [{ name: "Bash", args: { command } }] }, { text, delay_ms: 15 }];
}

interface Scenario {
  settings: GivenModeSettings;
  parts: Parts;
  /** What each member is heard to say, in its order. */
  said: Record<string, string[]>;
  text: string;
}

/** It is held to a stricter mode than its session, so that a person has to allow its commands. */
const asks = (name: string) => ({ name, permission_mode: "default" as const });
const revise = (text: string) => works(`${text}\nVERDICT: REVISE`);
const approve = (text: string) => works(`${text}\nVERDICT: APPROVE`);
const disagree = (text: string) => works(`${text}\nVERDICT: DISAGREE`);
const agree = (text: string) => works(`${text}\nVERDICT: AGREE`);

const scenarios: Record<Exclude<AgentMode, "single">, Scenario> = {
  sequential: {
    settings: { members: [{ name: "a" }, asks("b"), { name: "c" }] },
    parts: { a: [works("a1")], b: [works("b1")], c: [works("c1")] },
    said: { a: ["answer 1"], b: ["answer 1"], c: ["answer 1"] },
    text: "c1",
  },
  parallel: {
    settings: { members: [{ name: "a" }, asks("b"), { name: "c" }] },
    parts: {
      a: [works("a1")],
      b: [works("b1")],
      c: [works("c1")],
      synthesiser: [[{ text: "all", delay_ms: 15 }]],
    },
    said: { a: ["answer 1"], b: ["answer 1"], c: ["answer 1"], synthesiser: ["synthesis 1"] },
    text: "all",
  },
  debate: {
    settings: { members: [{ name: "a" }, asks("b")], rounds_max: 3 },
    parts: {
      a: [works("a1"), disagree("a2"), works("a3"), agree("a4")],
      b: [works("b1"), agree("b2"), works("b3"), agree("b4")],
      judge: [[{ text: "decided", delay_ms: 15 }]],
    },
    said: {
      a: ["answer 1", "critique 1", "answer 2", "critique 2"],
      b: ["answer 1", "critique 1", "answer 2", "critique 2"],
      judge: ["judgement 2"],
    },
    text: "decided",
  },
  review: {
    settings: { members: [asks("author"), { name: "x" }, { name: "y" }], rounds_max: 3 },
    parts: {
      author: [works("draft"), works("better")],
      x: [revise("x1"), approve("x2")],
      y: [approve("y1"), approve("y2")],
    },
    said: {
      author: ["answer 1", "revision 2"],
      x: ["review 1", "review 2"],
      y: ["review 1", "review 2"],
    },
    text: "better",
  },
};

for (const mode of ["sequential", "parallel", "debate", "review"] as const) {
  const scenario = scenarios[mode];
  it(
    `${mode} runs survive ${kills} SIGKILLs (seed ${seed})`,
    { timeout: 60_000 + kills * 15_000 },
    async () => {
      const random = seeded(seed);
      // A run has only so many moments: more kills are spread over more sessions.
      for (let left = kills; left > 0;) {
        const { id, killed } = await playAndKill({
          mode,
          scenario,
          wanted: Math.min(left, killsASession),
          random,
        });
        await check(id, scenario);
        left -= killed;
        if (left > 0) await daemon.close();
      }
    },
  );
}

async function playAndKill(
  { mode, scenario, wanted, random }: {
    mode: Exclude<AgentMode, "single">;
    scenario: Scenario;
    wanted: number;
    random: () => number;
  },
): Promise<{ id: string; killed: number }> {
  daemon = await openCrashDaemon();
  const id = await daemon.session({ agent_mode: mode, mode_settings: scenario.settings });
  await daemon.post(id, "/messages", { message: partsMessage("Work.", scenario.parts) });
  let killed = 0;
  /** Questions that were left open by the last kill. */
  let asked = new Map<string, string>();
  while (killed < wanted) {
    const before = await progress(id);
    // Without progress between recoveries a turn is parked, as it should be: that is another test.
    await until("some progress, a question or the end", async () => {
      if (killed === 0 || await progress(id) > before) return true;
      return (await daemon.approvals(id)).length > 0 || await ended(id) !== null || null;
    });
    await pause(random() * 250);
    const open = await daemon.approvals(id);
    for (const [callId, digest] of asked) {
      const same = open.find(({ call_id }) => call_id === callId);
      expect(same?.digest, "a question is still there, as it was, after the restart").toBe(digest);
    }
    if (random() < 0.5) {
      await allow(id, open);
      asked = new Map();
    } else asked = new Map(open.map(({ call_id, digest }) => [call_id, digest]));
    if (await ended(id) !== null) break;
    await daemon.killAndStart();
    killed += 1;
  }
  await until("the end of the run", async () => {
    await allow(id, await daemon.approvals(id));
    return await ended(id);
  }, 60_000);
  return { id, killed };
}

async function check(id: string, { said, text }: Scenario): Promise<void> {
  const facts = await daemon.events(id);
  const heard = facts.filter(({ type }) => type === "mode.said").map(({ data }) => data);
  const told = facts.filter(({ type, data }) => type === "message.received" && data.source === "supervisor");
  for (const [member, whats] of Object.entries(said)) {
    const own = heard.filter((data) => data.member === member).map((data) => `${data.what} ${data.round}`);
    expect(own, `what ${member} said`).toEqual(whats);
    const path = `:${member}`;
    const begun = facts.filter(({ type, actor }) => type === "agent.started" && actor.endsWith(path));
    expect(begun.length + told.filter(({ actor }) => actor.endsWith(path)).length).toBe(whats.length);
  }
  expect(await ended(id)).toMatchObject({ outcome: "completed" });
  const view = await daemon.view(id);
  expect(view.conversation.at(-1)).toMatchObject({ role: "assistant", text });
  const lines = (await Deno.readTextFile(join(daemon.workspace, "ledger"))).trim().split("\n");
  expect(new Set(lines).size, "a command ran twice").toBe(lines.length);
  await daemon.expectProven(id);
}

async function allow(id: string, open: readonly Approval[]): Promise<void> {
  for (const { call_id, digest } of open) {
    const body = { decision: "allow_once", digest };
    // A second look may find a question that the first answer has just ended.
    await daemon.process.request("POST", `/sessions/${id}/approvals/${call_id}`, body, { any: true });
  }
}

/** How many facts the daemon counts as progress. */
async function progress(id: string): Promise<number> {
  return (await daemon.events(id)).filter(({ type }) =>
    /^(model\.replied|call\.finished|call\.failed)$/.test(type)
  )
    .length;
}

async function ended(id: string) {
  const found = (await daemon.events(id)).find(isMainEnd);
  return found?.data ?? null;
}
