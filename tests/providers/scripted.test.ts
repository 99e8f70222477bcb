import { describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import { demoPrompt, scriptedProvider } from "../../src/providers/scripted.ts";
import { ask, called, providerContract, resulted, runModel } from "./contract.ts";

const script = (steps: unknown) => `script: ${JSON.stringify(steps)}`;
const twoSteps = script([
  { text: "I look around, slowly and carefully.", calls: [{ name: "Bash", args: { command: "ls" } }] },
  { text: "That was all there is to see in this place." },
]);

describe("the scripted provider keeps the provider contract", () => {
  providerContract(() => scriptedProvider(), [
    ask("hello"),
    ask("help"),
    ask(twoSteps),
    ask(demoPrompt("/tmp/x")),
    ask([{ role: "user", text: "run `ls`" }, called("a"), resulted("a", "one\ntwo")]),
  ]);
});

async function answerTo(messages: string | Message[], over = {}) {
  const { end } = await runModel(scriptedProvider(), ask(messages, over));
  if (end.type !== "done") throw new Error(`failed: ${end.error.message}`);
  return end;
}

/** Plays a whole turn: every call gets its output from `tools`, until an answer has no calls. */
async function playTurn(
  prompt: string,
  tools: (name: string, args: unknown) => { output: string; is_error?: boolean },
) {
  const messages: Message[] = [{ role: "user", text: prompt }];
  const used: { name: string; args: unknown }[] = [];
  for (let round = 0; round < 20; round++) {
    const end = await answerTo(messages);
    if (end.calls.length === 0) return { text: end.text, used };
    const calls = end.calls.map((call, index) => ({ ...call, call_id: `c${round}.${index}` }));
    messages.push({ role: "assistant", text: end.text, calls });
    for (const { call_id, name, args } of calls) {
      used.push({ name, args });
      messages.push({ role: "tool", call_id, name, is_error: false, ...tools(name, args) });
    }
  }
  throw new Error("the turn did not end");
}

describe("scripts", () => {
  test("a script is played step by step, one step for each round of tool calls", async () => {
    const played = await playTurn(twoSteps, () => ({ output: "ok" }));
    expect(played).toEqual({
      text: "That was all there is to see in this place.",
      used: [{ name: "Bash", args: { command: "ls" } }],
    });
  });

  test("a script may stand in a fenced block, as an array or with one step a line", async () => {
    const lines = '{"calls":[{"name":"Read","args":{"file_path":"a"}}]}\n{"text":"end"}';
    const fences = [
      `Please play:\n\`\`\`script:\n${lines}\n\`\`\`\nThank you`,
      `\`\`\`json\nscript: [${lines.replace("\n", ",\n")}]\n\`\`\``,
      `script:\n${lines}`,
    ];
    for (const prompt of fences) {
      const { text, used } = await playTurn(prompt, () => ({ output: "ok" }));
      expect([text, used]).toEqual(["end", [{ name: "Read", args: { file_path: "a" } }]]);
    }
  });

  test("a script that ends with calls closes with a count of what happened", async () => {
    const prompt = script([{ calls: [{ name: "Bash" }, { name: "Bash" }] }]);
    let n = 0;
    const { text } = await playTurn(prompt, () => ({ output: "x", is_error: n++ === 0 }));
    expect(text).toBe("The script is done: 1 steps, 2 tool calls, 1 failed.");
  });

  test("a new message starts a new script; the history does not count", async () => {
    const { calls } = await answerTo([
      { role: "user", text: twoSteps },
      called("a"),
      resulted("a"),
      { role: "assistant", text: "done", calls: [] },
      { role: "user", text: twoSteps },
    ]);
    expect(calls).toHaveLength(1);
  });

  test.each([
    ["script:", "it is empty"],
    ["script: [{", "JSON"],
    ['script: {"text": "a"}\n{oops', "line 2"],
    ['script: [{"text": 1}]', '"0.text"'],
    ['script: [{"say": "a"}]', "say"],
    ["script: []", "Too small"],
    [script([{ text: "early" }, { text: "never" }]), "step 0 has no calls"],
    [script([{ calls: Array(65).fill({ name: "Bash" }) }]), "Too big"],
    [script(Array(1001).fill({ calls: [{ name: "Bash" }] })), "Too big"],
  ])("a bad script is answered with what is wrong: %.40s", async (prompt, why) => {
    const { text, calls } = await answerTo(prompt);
    expect(text).toMatch(/^Cannot play the script: /);
    expect(text).toContain(why);
    expect(calls).toEqual([]);
  });
});

describe("the demo", () => {
  const outputs: Record<string, string> = {
    Glob: "README.md\nsrc\ntests\n",
    Read: "     1\t<!-- hi -->\n     2\t# The House\n     3\ttext",
    Bash: "Hello from the shell of Linux\n",
    Write: "Wrote 3 lines",
  };

  test("the demo lists, reads, runs and writes, then says what the results really were", async () => {
    const { text, used } = await playTurn(
      demoPrompt("/tmp/a b/"),
      (name) => ({ output: outputs[name] ?? "" }),
    );
    expect(used.map((call) => call.name)).toEqual(["Glob", "Read", "Bash", "Write"]);
    expect(used[3]?.args).toMatchObject({ file_path: "/tmp/a b/jamey-demo.txt" });
    expect(JSON.stringify(used[3]?.args)).toContain("The House");
    expect(text).toContain('3 listed, the first is "README.md"');
    expect(text).toContain('its title is "The House"');
    expect(text).toContain('it printed "Hello from the shell of Linux"');
    expect(text).toContain("no model was asked");
  });

  test("the demo says so when a step was denied or failed", async () => {
    const { text, used } = await playTurn(
      demoPrompt('C:\\my "odd" folder'),
      (name) =>
        name === "Bash" || name === "Write"
          ? { output: "denied by the user", is_error: true }
          : { output: name === "Glob" ? "No files found" : "" },
    );
    expect(used[3]?.args).toMatchObject({ file_path: 'C:\\my "odd" folder/jamey-demo.txt' });
    expect(text).toContain("Bash did not succeed: denied by the user");
    expect(text).toContain("Write did not succeed: denied by the user");
    expect(text).toContain("Files: none listed");
    expect(text).not.toContain("it printed");
  });
});

describe("plain words", () => {
  test.each([
    ["list files", "Glob", { pattern: "*" }],
    ["list the files in src", "Glob", { pattern: "*", path: "src" }],
    ["list files in this folder", "Glob", { pattern: "*" }],
    ["ls", "Glob", { pattern: "*" }],
    ["find **/*.ts", "Glob", { pattern: "**/*.ts" }],
    ["search for TODO", "Grep", { pattern: "TODO" }],
    ["read `docs/a b.md`", "Read", { file_path: "docs/a b.md" }],
    ["Run `echo hi && ls`", "Bash", { command: "echo hi && ls" }],
    ["run: ls -l", "Bash", { command: "ls -l" }],
    ["write notes.txt: one\ntwo", "Write", { file_path: "notes.txt", content: "one\ntwo" }],
    ["delegate: count the files", "Agent", { description: "Delegated task", prompt: "count the files" }],
  ])("%j is one call of %s, then its result", async (prompt, name, args) => {
    const { text, used } = await playTurn(prompt, () => ({ output: "the result" }));
    expect(used).toEqual([{ name, args }]);
    expect(text).toBe(`${name} said:\n\nthe result`);
  });

  test("a failed call is reported as failed", async () => {
    const { text } = await playTurn("read nothing.txt", () => ({ output: "no such file", is_error: true }));
    expect(text).toBe("Read did not succeed:\n\nno such file");
  });

  test("a long result is cut and the answer says how much is missing", async () => {
    const { text } = await playTurn("read a", () => ({ output: "x".repeat(5_000) }));
    expect(text).toContain("[1000 more characters]");
  });

  test("a session without the tool is told so", async () => {
    expect((await answerTo("run `ls`", { tools: [] })).text).toContain('no tool "Bash"');
  });

  test("anything else gets the truth: no model is asked, and how to configure one", async () => {
    const { text, calls, usage } = await answerTo("What is love?");
    for (
      const part of ["What is love?", "no model is asked", "OPENAI_API_KEY", "LLM_BASE_URL", "jamey doctor"]
    ) {
      expect(text).toContain(part);
    }
    expect(calls).toEqual([]);
    expect(usage.cost_usd).toBe(0);
    expect(usage.output_tokens).toBe(Math.ceil(text.length / 4));
  });

  test("images are taken, and the answer says how many there were", async () => {
    const image = { media_type: "image/png" as const, data: "iVBORw0KGgo=" };
    const asked: Message = { role: "user", text: "What is this?", images: [image, image] };
    expect((await answerTo([asked])).text).toContain("I was given 2 images and cannot look at images.");
    const result: Message = {
      role: "tool",
      call_id: "a",
      name: "Read",
      output: "a picture",
      is_error: false,
      images: [image],
    };
    const { text } = await answerTo([{ role: "user", text: "read a.png" }, called("a", "Read"), result]);
    expect(text).toBe("Read said:\n\na picture\n\nI was given 1 image and cannot look at images.");
    expect((await answerTo("What is this?")).text).not.toContain("image");
  });

  test("help names every phrase", async () => {
    const { text } = await answerTo("help");
    for (const part of ["list files", "read FILE", "run `COMMAND`", "write FILE: TEXT", "script:"]) {
      expect(text).toContain(part);
    }
  });
});

test("text comes in pieces that hold whole characters, and a huge text in a bounded number of them", async () => {
  const emoji = script([{ text: "👩‍🚀".repeat(100) }]);
  const { events } = await runModel(scriptedProvider(), ask(emoji));
  for (const event of events) if (event.type === "text") expect(event.text.isWellFormed()).toBe(true);
  const huge = await runModel(scriptedProvider(), ask(script([{ text: "x".repeat(1_000_000) }])));
  expect(huge.events.length).toBeLessThanOrEqual(2_002);
});

describe("scripts for several agents", () => {
  const block = (parts: unknown) => `\`\`\`parts:${JSON.stringify(parts)}\`\`\``;
  const system = 'Be good.\n\nYou are called "ann", who writes.';
  const parts = { ann: [[{ text: "first" }], [{ text: "second" }]], ben: [[{ text: "other" }]] };
  const asked = (...texts: string[]): Message[] => texts.map((text) => ({ role: "user", text }));

  test("an agent plays its own script, by its name and by how often it was asked", async () => {
    expect((await answerTo(asked(block(parts)), { system })).text).toBe("first");
    expect((await answerTo(asked(block(parts), "again"), { system })).text).toBe("second");
    expect((await answerTo(asked(block(parts), "again", "and again"), { system })).text).toBe("second");
    expect((await answerTo(asked("go"), { system: `${system}\n${block(parts)}` })).text).toBe("first");
  });

  test("whoever has no script there, or no name, answers as always", async () => {
    const others = block({ ben: parts.ben });
    expect((await answerTo(asked(others), { system })).text).toContain("no model is asked");
    expect((await answerTo(asked(block(parts)))).text).toContain("no model is asked");
    expect((await answerTo(asked("```parts:{nonsense```"), { system })).text).toContain("no model is asked");
  });

  test("a verdict that is asked for keeps no round going", async () => {
    const prompt =
      'Look at it. End with a line of its own: "VERDICT: APPROVE" when it is good, else "VERDICT: REVISE".';
    expect((await answerTo(asked(prompt))).text).toMatch(/\nVERDICT: APPROVE$/);
  });
});
