import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/protocol/facts.ts";
import type { DeltaFrame } from "../../src/protocol/frames.ts";
import { createDeltas } from "../../src/server/socket/deltas.ts";

const limits = { heldTextCharsMax: 100, deltaStreamsMax: 4 };
const delta = (of_seq: number, offset: number, text: string, actor = "main"): DeltaFrame => ({
  type: "delta",
  actor,
  of_seq,
  offset,
  text,
});
const at = { at: "2026-01-01T00:00:00.000Z", v: 1 };
const replied = (seq: number, actor = "main"): Fact => ({
  ...at,
  seq,
  actor,
  type: "model.replied",
  data: {
    request_id: "r",
    text: "",
    calls: [],
    usage: { input_tokens: 0, output_tokens: 0 },
    stop_reason: "stop",
  },
});

describe("deltas for one client", () => {
  it("however they overlap and whenever they are taken, the parts make the text exactly", () => {
    const piece = fc.record({ back: fc.nat(5), length: fc.nat(8), take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const deltas = createDeltas({ heldTextCharsMax: 10_000, deltaStreamsMax: 4 });
        const whole = "abcdefghijklmnopqrstuvwxyz".repeat(20);
        let end = 0;
        let received = "";
        const take = () => {
          for (const frame of deltas.take(9)) {
            expect(frame.offset).toBe(received.length);
            received += frame.text;
          }
        };
        for (const { back, length, take: now } of pieces) {
          const start = Math.max(0, end - back);
          deltas.add(delta(9, start, whole.slice(start, end + length)));
          end += length;
          if (now) take();
        }
        take();
        expect(received).toBe(whole.slice(0, end));
        expect(deltas.pending()).toBe(false);
      }),
    );
  });

  it("none is given before the fact that it belongs to, and none after the fact that ends it", () => {
    const deltas = createDeltas(limits);
    deltas.add(delta(5, 0, "early"));
    expect(deltas.take(4)).toEqual([]);
    expect(deltas.take(5)).toEqual([delta(5, 0, "early")]);
    deltas.add(delta(5, 5, " more"));
    deltas.add(delta(6, 0, "other", "main/agent:x"));
    deltas.note(replied(7));
    expect(deltas.take(9)).toEqual([delta(6, 0, "other", "main/agent:x")]);
    expect(deltas.pending()).toBe(false);
  });

  it("the output of a call ends with that call, not with another one", () => {
    const deltas = createDeltas(limits);
    const call = (seq: number, call_id: string): Fact => ({
      ...at,
      seq,
      actor: "main",
      type: "call.started",
      data: { call_id, name: "Bash", attempt: 1 },
    });
    deltas.note(call(3, "a"));
    deltas.note(call(4, "b"));
    deltas.add(delta(3, 0, "from a"));
    deltas.add(delta(4, 0, "from b"));
    deltas.note({
      ...at,
      seq: 5,
      actor: "main",
      type: "call.finished",
      data: { call_id: "a", name: "Bash", output: "from a", truncated: false },
    });
    expect(deltas.take(5)).toEqual([delta(4, 0, "from b")]);
  });

  it("too much held text is given up as a whole, so that nobody gets text with a hole", () => {
    const deltas = createDeltas(limits);
    deltas.add(delta(2, 0, "x".repeat(100)));
    deltas.add(delta(2, 100, "y"));
    deltas.add(delta(2, 101, "z"));
    expect(deltas.take(9)).toEqual([]);
    expect(deltas.pending()).toBe(false);
    const skipping = createDeltas(limits);
    skipping.add(delta(2, 0, "a"));
    skipping.add(delta(2, 5, "b"));
    skipping.add(delta(2, 6, "c"));
    expect(skipping.take(9)).toEqual([]);
  });

  it("more streams than the limit push out the oldest", () => {
    const deltas = createDeltas(limits);
    for (let seq = 1; seq <= 6; seq++) deltas.add(delta(seq, 0, `s${seq}`));
    expect(deltas.take(9).map((frame) => frame.of_seq)).toEqual([3, 4, 5, 6]);
  });
});
