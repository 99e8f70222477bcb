// What a model is sent of a conversation that was made smaller.
import { expect, it } from "vitest";
import { compactedView, noCompaction, withCompaction } from "../../machines/compaction.ts";
import type { Message } from "../../src/protocol/conversation.ts";

const said = (text: string): Message => ({ role: "user", text, message_id: text });
const reply = (text: string): Message => ({ role: "assistant", text, calls: [] });
const cut = (through: number) =>
  withCompaction(noCompaction, { kind: "cut", through, tokens_before: 2, tokens_after: 1 });
const opening = (messages: Message[], steering: Message[] = []) => {
  const seqs = messages.map((_, index) => index + 1);
  const [first] = compactedView({ messages, seqs, steering }, cut(2));
  return first?.role === "user" ? first.text : "";
};

it("the last words of the user are sent when they stand in what was left out, and only then", () => {
  const past = [said("find the treasure"), reply("one")];
  expect(opening([...past, reply("two"), reply("three")])).toContain("find the treasure");
  expect(opening([...past, reply("two"), said("stop")])).not.toContain("find the treasure");
  expect(opening([...past, reply("two")], [said("stop")])).not.toContain("find the treasure");
  expect(opening([said("first"), said("second"), reply("two")])).toMatch(/second/);
});

it("a sub-agent is sent its task, and a very long one without its middle", () => {
  const task: Message = { role: "user", text: `begin ${"word ".repeat(10_000)} end` };
  const text = opening([task, reply("one"), reply("two")]);
  expect(text).toMatch(/begin[^]*left out[^]*end/);
  expect(text.length).toBeLessThan(2_500);
});
