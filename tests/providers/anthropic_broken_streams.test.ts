// The anthropic provider against streams that stall or break at every place: no text is said twice, no half call gets through.
import { describe, expect, test } from "vitest";
import { useAnthropic } from "../support/anthropic_endpoint.ts";
import { countFaults, good, head, started, wholeCalls, withCall } from "../support/anthropic_faults.ts";
import { named } from "../support/anthropic_plan.ts";
import {
  bytes,
  cutAfter,
  endedAfter,
  silentAfter,
  sizeOf,
  slowed,
  sse,
  type Step,
} from "../support/model_plan.ts";
import { ask } from "./contract.ts";

const endpoint = useAnthropic();
const face = countFaults(endpoint, "in streams");

describe("silence", () => {
  test("an answer that stalls is given up after the idle timeout, wherever it stops", async () => {
    const told = withCall.steps.findIndex((step) =>
      step instanceof Uint8Array && new TextDecoder().decode(step).includes("message_delta")
    );
    for (let steps = 0; steps <= withCall.steps.length; steps++) {
      const { end, asked } = await face([silentAfter(withCall, steps)], {
        // What is known to be whole waits for the end only: a busy machine gets all the time it needs before.
        idleTimeoutMs: steps > told ? 60_000 : 300,
        endTimeoutMs: 20,
      });
      expect(asked).toBe(1);
      expect("I run.".startsWith(end.text)).toBe(true);
      // Once the endpoint has said why it stopped, the answer is whole.
      if (steps > told) expect(end).toMatchObject({ type: "done", calls: wholeCalls });
      else expect(end).toMatchObject({ type: "failed", error: { code: "idle_timeout" } });
    }
  });

  test("an answer ends with its last event, also when the line stays open", async () => {
    const open = sse([...withCall.steps, "silence"]);
    const { end } = await face([open], { idleTimeoutMs: 600_000, endTimeoutMs: 600_000 });
    expect(end).toMatchObject({ type: "done", text: "I run.", calls: wholeCalls });
  });

  test("a slow answer is not idle: pings and comments count as life", async () => {
    for (const sign of [named("ping", {}), bytes(": still here\n\n")]) {
      const alive = sse([...Array(12).fill(sign), ...good.steps]);
      const { end } = await face([slowed(alive, 60)], { idleTimeoutMs: 1_000 });
      expect(end).toMatchObject({ type: "done", text: "Hello you." });
    }
  });

  test("cancelling while the endpoint is silent ends as cancelled, wherever it is", async () => {
    for (let steps = 0; steps < good.steps.length; steps++) {
      endpoint.reply(() => silentAfter(good, steps));
      const events = [];
      const provider = endpoint.provider({ idleTimeoutMs: 600_000, endTimeoutMs: 600_000 });
      for await (const one of provider.stream(ask("hi"), { signal: AbortSignal.timeout(40) })) {
        events.push(one);
      }
      expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    }
  });
});

describe("wherever the connection breaks", () => {
  test("no half answer is taken for a whole one and no half call gets through", async () => {
    let failed = 0;
    for (let at = 0; at < sizeOf(withCall); at += 4) {
      const { end } = await face([cutAfter(withCall, at)], { retries: 0 });
      expect("I run.".startsWith(end.text)).toBe(true);
      if (end.type === "done") {
        expect([end.calls, end.text]).toEqual([wholeCalls, "I run."]);
      } else {
        expect(end.error.code).toBe("disconnected");
        failed++;
      }
    }
    expect(failed).toBeGreaterThan(200);
  });

  test("the same when a proxy ends the answer in good order", async () => {
    for (let steps = 0; steps < withCall.steps.length; steps++) {
      const { end } = await face([endedAfter(withCall, steps)], { retries: 0 });
      if (end.type === "done") expect(end.calls).toEqual(wholeCalls);
      else expect(["disconnected", "bad_answer"]).toContain(end.error.code);
    }
  });

  test("an event lost between the pieces of an answer makes no call of half of one", async () => {
    const isPiece = (step: Step) =>
      step instanceof Uint8Array && new TextDecoder().decode(step).includes("content_block_delta");
    for (const [lost, step] of withCall.steps.entries()) {
      if (isPiece(step)) continue;
      const { end } = await face([sse(withCall.steps.filter((_, at) => at !== lost))], { retries: 0 });
      if (end.type === "done") expect(end.calls).toEqual(wholeCalls);
      else expect(end.error.code).toBe("bad_answer");
    }
  });

  test("text that a person has seen is never said twice", async () => {
    const late = await face([sse([...started, "cut"]), good]);
    expect([late.asked, late.end.type, late.end.text]).toEqual([1, "failed", "Hello "]);
    const early = await face([sse([...head, "cut"]), good]);
    expect([early.asked, early.end.type, early.end.text]).toEqual([2, "done", "Hello you."]);
    const call = await face([sse([...withCall.steps.slice(0, 12), "cut"]), good]);
    expect([call.asked, call.end.type]).toEqual([1, "failed"]);
  });

  test("what was only thought may be thought again", async () => {
    const { end, asked } = await face([sse([...withCall.steps.slice(0, 6), "cut"]), withCall]);
    expect([asked, end.type, end.text]).toEqual([2, "done", "I run."]);
  });
});
