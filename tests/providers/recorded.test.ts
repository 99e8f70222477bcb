// The recorded provider: what a session was answered is answered again, from any form in which the session was kept.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { answersFromEvents, answersMax, type RecordedAnswer } from "../../src/providers/recorded/answers.ts";
import { answersFromFile, recordingBytesMax } from "../../src/providers/recorded/file.ts";
import { recordedProvider } from "../../src/providers/recorded.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

const usage = { input_tokens: 10, output_tokens: 2, cost_usd: 3 };
const said = (text: string, over: Partial<RecordedAnswer> = {}): RecordedAnswer => ({
  text,
  calls: [],
  usage,
  stop_reason: "stop",
  ...over,
});
const bash = { name: "Bash", args: { command: "ls" } };
const looks = said("I look at what is here, with care.", { calls: [bash], stop_reason: "tool_calls" });
const user = (text: string): Message => ({ role: "user", text });
const assistant = (text: string): Message => ({ role: "assistant", text, calls: [] });
const looked: Message[] = [
  { role: "assistant", text: looks.text, calls: [{ ...bash, call_id: "c9-1" }] },
  resulted("c9-1"),
];

async function answerTo(answers: readonly RecordedAnswer[], messages: Message[]): Promise<string> {
  const { end } = await runModel(recordedProvider({ answers }), ask(messages));
  if (end.type === "done") return end.text;
  expect(end.error.code).toBe("bad_request");
  return end.error.message;
}

describe("the recorded provider keeps the provider contract", () => {
  const answers = [looks, said("That was all there is to see in this place.")];
  providerContract(() => recordedProvider({ answers }), [
    ask("hello"),
    ask([user("hello"), ...looked]),
  ]);
});

describe("what comes next", () => {
  test("follows from the conversation: answer by answer, also with other ids and after a restart", async () => {
    const thought = { format: "x", text: "hm", items: [1] };
    const answers = [looks, said("Done.", { reasoning: thought }), said("Again.")];
    const first = await runModel(recordedProvider({ answers }), ask("go"));
    expect(first.end).toMatchObject({ text: looks.text, calls: [bash], stop_reason: "tool_calls" });
    const second = await runModel(recordedProvider({ answers }), ask([user("go"), ...looked]));
    expect(second.end).toMatchObject({
      text: "Done.",
      reasoning: thought,
      usage: { input_tokens: 10, output_tokens: 2, cost_usd: 0 },
    });
    expect(await answerTo(answers, [user("go"), ...looked, assistant("Done."), user("more")])).toBe("Again.");
  });

  test("the order of a call's arguments does not matter", async () => {
    const call = { name: "Edit", args: { a: 1, b: { c: [1], d: 2 } } };
    const answers = [said("x", { calls: [call] }), said("y")];
    const args = { b: { d: 2, c: [1] }, a: 1 };
    const turned: Message = { role: "assistant", text: "x", calls: [{ call_id: "q", name: "Edit", args }] };
    expect(await answerTo(answers, [user("go"), turned, resulted("q")])).toBe("y");
  });

  test("agents are told apart by what they said and were told", async () => {
    const answers = [
      said("main first", { actor: "main", prompt: "task" }),
      said("child one", { actor: "main/agent:a", prompt: "part one" }),
      said("child two", { actor: "main/agent:b", prompt: "part two" }),
      said("main second", { actor: "main", prompt: "go on" }),
      said("child two again", { actor: "main/agent:b", prompt: "part two" }),
    ];
    expect(await answerTo(answers, [user("task")])).toBe("main first");
    expect(await answerTo(answers, [user("part two")])).toBe("child two");
    expect(await answerTo(answers, [user("part two"), assistant("child two"), user("?")])).toBe(
      "child two again",
    );
    expect(await answerTo(answers, [user("task"), assistant("main first"), user("go on")])).toBe(
      "main second",
    );
    expect(await answerTo(answers, [user("other words")])).toBe("main first");
  });

  test("words that were added to what people said do not get in the way", async () => {
    const answers = [
      said("one", { actor: "main", prompt: "a" }),
      said("two", { actor: "b", prompt: "task" }),
    ];
    expect(await answerTo(answers, [user("task"), user("<reminder>todos</reminder>")])).toBe("two");
  });

  test("a conversation whose beginning was left out goes on where it stands", async () => {
    const answers = ["a", "b", "c", "d"].map((text) => said(text, { prompt: `to ${text}` }));
    expect(await answerTo(answers, [user("summary"), assistant("b"), user("x"), assistant("c"), user("?")]))
      .toBe("d");
    expect(await answerTo(answers, [user("summary"), user("to c")])).toBe("c");
  });

  test("an answer that said nothing is given once, to the same words", async () => {
    const answers = [said("a", { prompt: "1" }), said("", { prompt: "2" }), said("c", { prompt: "3" })];
    const start = [user("1"), assistant("a")];
    expect(await answerTo(answers, [...start, user("2")])).toBe("");
    expect(await answerTo(answers, [...start, user("2"), user("3")])).toBe("c");
    expect(await answerTo(answers.slice(0, 1).concat(answers.slice(2)), [...start, user("3")])).toBe("c");
  });

  test.each<[string, RecordedAnswer[], Message[], string]>([
    ["nothing was recorded", [], [user("x")], "it holds no answers"],
    ["it ends", [said("a")], [user("x"), assistant("a"), user("y")], "the recording ends with answer 1"],
    [
      "it said something else",
      [said("a"), said("b"), said("c")],
      [user("x"), assistant("a"), user("y"), assistant("B"), user("z")],
      'assistant message 2 of 2 in the conversation is not answer 2 of 3 of "main"',
    ],
    [
      "it called something else",
      [looks, said("b")],
      [user("x"), called("a", "Read"), resulted("a", "ok", "Read")],
      "assistant message 1 of 1",
    ],
    [
      "it goes on behind its end",
      [said("a")],
      [user("x"), assistant("a"), user("y"), assistant("more"), user("z")],
      "the recording ends with answer 1",
    ],
  ])("a conversation fails and names the place when %s", async (_, answers, messages, part) => {
    const message = await answerTo(answers, messages);
    expect(message).toMatch(/^Cannot play /);
    expect(message).toContain(part);
  });
});

const event = (seq: number, type: string, data: Record<string, unknown>, actor = "main"): EventEnvelope => ({
  seq,
  at: "2026-01-01T00:00:00.000Z",
  actor,
  type,
  v: 1,
  // Test data is JSON as it stands here.
  data: data as EventEnvelope["data"],
});
const story: EventEnvelope[] = [
  event(1, "session.created", { session_id: "s" }),
  event(2, "message.received", { message_id: "m", text: "go", delivery: "steer" }),
  event(3, "model.called", { request_id: "r2", request_sha256: "abc" }),
  event(4, "model.replied", { request_id: "r2", text: "hi", calls: [], usage, stop_reason: "stop" }),
  event(5, "telepathy.began", {}),
];

describe("answers in events", () => {
  test("are taken with the agent, the words and the request they belong to", () => {
    expect(answersFromEvents(story)).toEqual([
      { ...said("hi"), actor: "main", prompt: "go", request_sha256: "abc" },
    ]);
  });

  test("that cannot be read are a problem that names the event", () => {
    const broken = event(7, "model.replied", { request_id: "r", text: 1 });
    expect(() => answersFromEvents([broken])).toThrow(Problem);
    expect(() => answersFromEvents([broken])).toThrow("event 7");
    expect(() => answersFromEvents([{ ...story[3] ?? broken, v: 99 }])).toThrow("newer");
  });

  test("are bounded in number", () => {
    const [reply = event(1, "", {})] = story.slice(3, 4);
    expect(answersFromEvents(Array(answersMax).fill(reply))).toHaveLength(answersMax);
    expect(() => answersFromEvents(Array(answersMax + 1).fill(reply))).toThrow("more than");
  });
});

describe("recordings on disk", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "jamey-recorded-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const write = async (text: string): Promise<string> => {
    const path = join(folder, `${crypto.randomUUID()}.jsonl`);
    await Deno.writeTextFile(path, text);
    return path;
  };
  const lines = story.map((one) => JSON.stringify(one));

  test.each([
    ["one event a line", lines.join("\n")],
    ["with blank lines and half a line at the end", `${lines.join("\n\n")}\n{"seq":6,"at":"20`],
    ["a page of events", JSON.stringify({ events: story, head: 5 })],
    ["a list of events", JSON.stringify(story)],
    ["frames of a live view", story.map((one) => JSON.stringify({ type: "event", event: one })).join("\n")],
  ])("are read in the form: %s", async (_, text) => {
    expect(await answersFromFile(await write(text))).toEqual(answersFromEvents(story));
  });

  test.each(["tools", "agents", "approvals", "waiting"])(
    "the log of a session of a release is read, with its long texts: %s",
    async (name) => {
      const golden = fileURLToPath(new URL(`../fixtures/golden/0.1.0/${name}`, import.meta.url));
      const file = join(golden, "00000000000000000001.jsonl");
      const replies = (await Deno.readTextFile(file)).split("\n").filter((line) =>
        line.includes('"model.replied"')
      );
      const answers = await answersFromFile(golden).catch((problem: unknown) => problem);
      if (replies.length === 0) return expect(String(answers)).toContain("it holds no answers");
      expect(answers).toHaveLength(replies.length);
      expect(await answersFromFile(file)).toEqual(answers);
      expect(JSON.stringify(answers)).not.toContain("$blob");
    },
  );

  test("a session is played from its file, which is read with the first answer", async () => {
    const golden = fileURLToPath(new URL("../fixtures/golden/0.1.0/tools", import.meta.url));
    const provider = recordedProvider({ name: "again", answers: () => answersFromFile(golden) });
    const [first] = await answersFromFile(golden);
    const { end } = await runModel(provider, ask("go"));
    expect(end).toMatchObject({ type: "done", text: first?.text });
    expect([provider.name, provider.kind, provider.offline]).toEqual(["again", "recorded", true]);
    expect(first?.prompt?.length).toBeGreaterThan(32 * 1024);
  });

  test.each([
    ["there is none", () => Promise.resolve(join(folder, "none")), "No such file"],
    ["it is empty", () => write(""), "it holds no answers"],
    [
      "a line in the middle is broken",
      () => write(`${lines[0]}\n{oops\n${lines[3]}\n`),
      "line 2 is not JSON",
    ],
    [
      "a long text is missing",
      () =>
        write(JSON.stringify(event(1, "message.received", { text: { $blob: `sha256-${"0".repeat(64)}` } }))),
      "is missing",
    ],
    [
      "a long text has a path for a name",
      () => write(JSON.stringify(event(1, "message.received", { text: { $blob: "../../etc/passwd" } }))),
      "names no text",
    ],
  ])("a recording is a clear failure when %s", async (_, path, part) => {
    const { end } = await runModel(
      recordedProvider({ answers: async () => await answersFromFile(await path()) }),
      ask("go"),
    );
    expect(end).toMatchObject({ type: "failed", error: { code: "bad_request" } });
    expect(JSON.stringify(end)).toContain("Cannot read the recording");
    expect(JSON.stringify(end)).toContain(part);
  });

  test("a long text that was changed is not taken", async () => {
    const name = `sha256-${"1".repeat(64)}`;
    await Deno.mkdir(join(folder, "blobs"), { recursive: true });
    await Deno.writeTextFile(join(folder, "blobs", name), "other words");
    const path = await write(JSON.stringify(event(1, "message.received", { text: { $blob: name } })));
    await expect(answersFromFile(path)).rejects.toThrow("has been changed");
  });

  test("a recording is bounded in bytes, and one that is too long is not read", async () => {
    const path = await write(`${lines.join("\n")}\n`);
    await Deno.truncate(path, recordingBytesMax + 1);
    await expect(answersFromFile(path)).rejects.toThrow(`longer than ${recordingBytesMax} bytes`);
  });

  test("a recording that could not be read is tried again with the next answer", async () => {
    let calls = 0;
    const provider = recordedProvider({
      answers: () => calls++ === 0 ? Promise.reject(new Error("busy")) : Promise.resolve([said("hi")]),
    });
    expect((await runModel(provider, ask("go"))).end.type).toBe("failed");
    expect((await runModel(provider, ask("go"))).end).toMatchObject({ type: "done", text: "hi" });
    await runModel(provider, ask("go"));
    expect(calls).toBe(2);
  });
});
