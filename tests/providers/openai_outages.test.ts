// R4 and R5 for both languages of the openai provider: every outage and every broken stream ends in one clean end, a slow
// healthy stream is not killed, no text is said twice and no half call gets through. The counts are printed.
import { describe, expect, test } from "vitest";
import {
  answer,
  bytes,
  cutAfter,
  endedAfter,
  event,
  page,
  type Plan,
  refuse,
  silentAfter,
  sizeOf,
  slowed,
  sse,
  type Step,
} from "../support/model_plan.ts";
import { respond, responseEvent } from "../support/model_server_responses.ts";
import { startModelServer } from "../support/model_server.ts";
import { ask, type Run, runModel } from "./contract.ts";
import { useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

const call = { name: "Bash", args: { command: "rm -r build" } };
const said = { text: ["I ", "run."], calls: [call] };
/** Shorter than any pause that a test makes by accident, longer than the waits of the plans. */
const idleTimeoutMs = 150;

const languages = [
  {
    api: "chat" as const,
    whole: answer(said),
    failing: (code: string, message: string) => event({ error: { message, code } }),
  },
  {
    api: "responses" as const,
    whole: respond(said),
    failing: (code: string, message: string) =>
      responseEvent("response.failed", { response: { status: "failed", error: { code, message } } }),
  },
];

/** One end, and only what may be said: a beginning of the text, and the whole call or none. */
function isClean(run: Run): boolean {
  const { end } = run;
  expect("I run.".startsWith(end.text)).toBe(true);
  if (end.type === "done") expect(end.calls).toEqual([call]);
  return true;
}

describe.each(languages)("the $api language", ({ api, whole, failing }) => {
  const against = (plans: readonly Plan[], over = {}) => endpoint.against(plans, { api, ...over });

  test(
    "R5: a stream that stalls, breaks, ends early or is cut in the middle of JSON ends cleanly, wherever",
    async () => {
      const size = sizeOf(whole);
      const everyFifth = Array.from({ length: Math.floor(size / 5) }, (_, index) => index * 5);
      const steps = whole.steps.map((_, index) => index);
      const half = (at: number): Plan => {
        const step = whole.steps[at];
        const cut = step instanceof Uint8Array ? step.subarray(0, step.length / 2) : bytes("");
        return { ...whole, steps: [...whole.steps.slice(0, at), cut, bytes("\n\n")] };
      };
      const faults: [string, Plan[]][] = [
        ["stalls", steps.map((at) => silentAfter(whole, at))],
        ["breaks", everyFifth.map((at) => cutAfter(whole, at))],
        ["early ends", steps.map((at) => endedAfter(whole, at))],
        ["half events", steps.map(half)],
      ];
      const counts: string[] = [];
      let total = 0;
      for (const [name, plans] of faults) {
        let clean = 0;
        // Side by side, so that the stalls need not be waited for one after the other.
        const runs = await inGroups(plans, (plan) => alone(plan, api));
        for (const run of runs) if (isClean(run)) clean++;
        expect(clean).toBe(plans.length);
        counts.push(`${clean} ${name}`);
        total += clean;
      }
      console.log(`R5 openai ${api}: ${total} faults, ${total} ended cleanly (${counts.join(", ")})`);
    },
    60_000,
  );

  test("R5: a terminal event ends the answer although the connection stays open", async () => {
    const open: Step = "silence";
    const patient = { idleTimeoutMs: 60_000, usageTimeoutMs: 60_000 };
    const run = await against([{ ...whole, steps: [...whole.steps, open] }], patient);
    expect(run.end).toMatchObject({ type: "done", text: "I run.", calls: [call] });
    const broken = sse([failing("server_error", "boom"), open]);
    const failed = await against([broken], { ...patient, retries: 0 });
    expect(failed.end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
  });

  test("R5: a slow healthy stream is not killed, byte by byte", async () => {
    const [first = bytes(""), ...rest] = whole.steps;
    const split = first instanceof Uint8Array ? [...first].map((byte) => new Uint8Array([byte])) : [];
    const slow = slowed({ ...whole, steps: split.slice(0, 40) }, 30);
    const tail = first instanceof Uint8Array ? [first.subarray(40)] : [];
    // In all it takes longer than the limit, and each byte far less, also where others use the machine.
    const limits = { idleTimeoutMs: 1_000 };
    const run = await against([{ ...whole, steps: [...slow.steps, ...tail, ...rest] }], limits);
    expect(run.end).toMatchObject({ type: "done", text: "I run.", calls: [call] });
  });

  test("R5: text that a person has seen is never said twice", async () => {
    const seen = whole.steps.findIndex((step) =>
      step instanceof Uint8Array && new TextDecoder().decode(step).includes('"I "')
    );
    const late: Plan = { ...whole, steps: [...whole.steps.slice(0, seen + 1), "cut"] };
    const broken = await against([late, whole]);
    expect([broken.asked, broken.end.type, broken.end.text]).toEqual([1, "failed", "I "]);
    const early: Plan = { ...whole, steps: [...whole.steps.slice(0, seen), "cut"] };
    const mended = await against([early, whole]);
    expect([mended.asked, mended.end.type, mended.end.text]).toEqual([2, "done", "I run."]);
  });

  const portal = page(200, "text/html", "<html>Welcome to our hotel</html>");
  const redirect = { ...page(302, "text/html", ""), headers: { location: "http://127.0.0.1:1/login" } };
  test("R4: what passes is tried again with growing waits, what stays is told at once", async () => {
    const passing: [Plan, string][] = [
      [refuse(429, "slow down"), "rate_limited"],
      [refuse(429, "slow down", { "retry-after": "0.002" }), "rate_limited"],
      [refuse(500, "oops"), "unavailable"],
      [refuse(502, "bad gateway"), "unavailable"],
      [refuse(529, "overloaded"), "unavailable"],
      [sse([failing("server_error", "boom")]), "unavailable"],
      [sse([failing("rate_limit_exceeded", "slow down")]), "rate_limited"],
    ];
    const staying: [Plan, string][] = [
      [portal, "bad_answer"],
      [redirect, "bad_request"],
      [refuse(401, "who?"), "auth"],
      [sse([failing("insufficient_quota", "pay")]), "rate_limited"],
      [sse([failing("invalid_prompt", "no")]), "bad_request"],
      [sse([failing("context_length_exceeded", "too long")]), "context_overflow"],
    ];
    for (const [plan, code] of passing) {
      const run = await against([plan, plan, whole]);
      expect([run.asked, run.end.type, run.end.text]).toEqual([3, "done", "I run."]);
      expect(run.retries.map((retry) => retry.error.code)).toEqual([code, code]);
      expect((await against([plan])).end).toMatchObject({ type: "failed", error: { code } });
    }
    for (const [plan, code] of staying) {
      const run = await against([plan]);
      expect([run.asked, run.retries.length]).toEqual([1, 0]);
      expect(run.end).toMatchObject({ type: "failed", error: { code } });
    }
    console.log(
      `R4 openai ${api}: ${passing.length} passing faults mended, ${staying.length} lasting ones told`,
    );
  });

  test("R4: an endpoint that comes back is asked again, and an outage that lasts has an end", async () => {
    const gone = startModelServer({ reply: () => whole });
    await gone.close();
    const port = Number(new URL(gone.url).port);
    const provider = endpoint.provider({ api, baseUrl: gone.url, retries: 3 });
    const seen: string[] = [];
    let back: ReturnType<typeof startModelServer> | null = null;
    for await (const one of provider.stream(ask("hi"), { signal: new AbortController().signal })) {
      seen.push(one.type);
      if (seen.length === 2) back = startModelServer({ reply: () => whole, port });
    }
    expect(seen).toEqual(["retry", "retry", "text", "text", "done"]);
    await back?.close();
    const lost = await against([whole], { baseUrl: gone.url, retries: 3 });
    expect([lost.end.type, lost.retries.length]).toEqual(["failed", 3]);
  });

  test("R4: a wait for the next attempt can be cancelled", async () => {
    endpoint.reply(() => refuse(529, "overloaded"));
    const provider = endpoint.provider({ api, baseMs: 1e8, maxMs: 1e8, random: () => 0.9 });
    const { end } = await runModel(provider, ask("hi"), { abortAfter: 1 });
    expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
  });
});

/** Runs one plan on a server of its own, so that several can go on at the same time. */
async function alone(plan: Plan, api: "chat" | "responses"): Promise<Run> {
  const server = startModelServer({ reply: () => plan });
  try {
    const over = { api, baseUrl: server.url, retries: 0, idleTimeoutMs, usageTimeoutMs: 20 };
    return await runModel(endpoint.provider(over), ask("hi"));
  } finally {
    await server.close();
  }
}

async function inGroups<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += 16) {
    results.push(...await Promise.all(all.slice(at, at + 16).map(run)));
  }
  return results;
}
