// A3: workflows that strangers wrote, and values that agents put into them: files, names, templates, sizes.
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { boundsFault, valueDepthMax } from "../../src/workflow/bounds.ts";
import { checkWorkflow } from "../../src/workflow/check.ts";
import { readWorkflowFile } from "../../src/workflow/read_file.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let test: TestRuntime | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

const body = "nodes: {a: {kind: agent, prompt: x}}\n";
const lots = Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join("\n");
const files: Record<string, string> = {
  "aliases that unfold": `a0: &a0 [x]\n${lots}\nname: x\n${body}`,
  "an alias of itself": `name: x\nnodes: &n {a: *n}\n`,
  "a tag for a program": `name: !!js/function "() => 1"\n${body}`,
  "a tag for bytes": `name: !!binary aGk=\n${body}`,
  "a key twice": `name: x\nname: y\n${body}`,
  "a prototype": `name: x\nnodes: {__proto__: {kind: agent, prompt: x}, a: {kind: agent, prompt: x}}\n`,
  "a prototype by a merge":
    `name: x\nnodes: {<<: {__proto__: {kind: agent, prompt: x}}, a: {kind: agent, prompt: x}}\n`,
  "two documents": `name: x\n${body}---\nname: y\n${body}`,
  "brackets without end": `name: ${"[".repeat(200_000)}`,
  "braces without end": `name: ${"{a: ".repeat(50_000)}`,
  "more than anybody writes": `name: x\n${body}#${"x".repeat(1_000_001)}`,
  "a prototype in a condition": 'name: x\nnodes: {a: {kind: condition, when: "inputs.__proto__ == 1"}}\n',
  "a constructor in a condition": 'name: x\nnodes: {a: {kind: condition, when: "inputs.constructor == 1"}}\n',
  "a call in a template": 'name: x\nnodes: {a: {kind: agent, prompt: "{{ inputs.constructor(1) }}"}}\n',
  "a program in a template": 'name: x\nnodes: {a: {kind: agent, prompt: "{{ Deno.env }}"}}\n',
  "a condition without end": `name: x\nnodes: {a: {kind: condition, when: "${"(".repeat(3_000)}"}}\n`,
  "an absolute file": "name: x\nnodes: {a: {kind: workflow, file: /etc/passwd}}\n",
  "a device": "name: x\nnodes: {a: {kind: workflow, file: zero}}\n",
  "a pipe": "name: x\nnodes: {a: {kind: workflow, file: pipe}}\n",
  "a folder": "name: x\nnodes: {a: {kind: workflow, file: .}}\n",
  "itself by a link": "name: x\nnodes: {a: {kind: workflow, file: link.yaml}}\n",
  "a file that is none": "name: x\nnodes: {a: {kind: workflow, file: secret}}\n",
};

it("A3: a hostile file is refused soon, for a reason, and nothing it leads to is repeated", async () => {
  const folder = await Deno.makeTempDir({ prefix: "jamey-workflow-" });
  const canary = "canary-4711";
  await Deno.writeTextFile(join(folder, "secret"), `token: ${canary}\nother: [${canary}, {x: "${canary}\n`);
  await Deno.symlink("/dev/zero", join(folder, "zero"));
  await Deno.symlink("itself-by-a-link.yaml", join(folder, "link.yaml"));
  await new Deno.Command("mkfifo", { args: [join(folder, "pipe")] }).output();
  let escapes = 0;
  for (const [what, text] of Object.entries(files)) {
    const path = join(folder, `${what.replaceAll(" ", "-")}.yaml`);
    await Deno.writeTextFile(path, text);
    const began = Date.now();
    const said = await readWorkflowFile(path).then(
      (read) => checkWorkflow(read, path, { knownTools: ["Bash"], readFile: readWorkflowFile }),
      () => ({ ok: false as const, faults: [] }),
    );
    const isHeld = !said.ok && Date.now() - began < 5_000 && !JSON.stringify(said.faults).includes(canary);
    if (!isHeld) escapes++;
    expect(isHeld, what).toBe(true);
  }
  await Deno.remove(folder, { recursive: true });
  const tried = Object.keys(files).length;
  tally({ family: "A3", what: "hostile files", tried, refused: tried - escapes, escapes });
});

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const said: Record<string, string> = {
  "deeper than the stack": deep(6_000),
  "too deep to be carried": deep(valueDepthMax + 2),
  "a number without end": "[1e999]",
  "nothing but a prototype": '{"__proto__": {"isAdmin": true}}',
  "no JSON": "[constructor]",
};
const agent = (text: string, more: JsonObject = {}): JsonObject => ({
  kind: "agent",
  prompt: script({ text }),
  ...more,
});
const start = async (id: string, definition: JsonObject, inputs: JsonObject = {}) => {
  await test?.runtime.command(id, { type: "workflow.start", definition, inputs }, "me");
};
const ended = (id: string, count = 1) =>
  until("the end of the workflow", async () => {
    const ends = (await test?.facts(id) ?? []).filter((fact) =>
      fact.type === "workflow.finished" && !fact.actor.includes(".")
    );
    return ends.length >= count ? ends.at(-1)?.data : null;
  });

it("A3: what an agent says cannot stop a session: it is a failure of its node", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  let count = 0;
  for (const [what, text] of Object.entries(said)) {
    const x = {
      kind: "each",
      over: "{{ nodes.a.output | parse }}",
      needs: ["a"],
      node: agent("{{ item | json }}"),
    };
    await start(id, { name: "parsed", nodes: { a: agent(text), x } });
    expect(await ended(id, ++count), what).toMatchObject({ outcome: "failed" });
    await start(id, { name: "json", nodes: { a: agent(text, { output: "json" }) } });
    expect(await ended(id, ++count), what).toMatchObject({ outcome: "failed" });
  }
  const sub = {
    name: "s",
    inputs: { a: { type: "json" } },
    nodes: { c: { kind: "condition", when: "true" } },
    outputs: { b: "{{ [inputs.a, inputs.a, inputs.a, inputs.a] }}" },
  };
  const chain = Array.from({ length: 20 }, (_, at): [string, JsonObject] => {
    const a = at === 0 ? "x".repeat(1_000) : `{{ nodes.n${at - 1}.output.b }}`;
    const needs = at === 0 ? [] : [`n${at - 1}`];
    return [`n${at}`, { kind: "workflow", definition: sub, inputs: { a }, needs }];
  });
  await start(id, { name: "doubled", nodes: Object.fromEntries(chain) });
  expect(await ended(id, ++count)).toMatchObject({ outcome: "failed" });
  expect(test.reports).toEqual([]);
  tally({ family: "A3", what: "values that nothing can carry", tried: count, refused: count, escapes: 0 });
}, 60_000);

it("A3: the bounds hold for any value, also for one that holds itself a million times", () => {
  let value: JsonObject = { x: "\u0000" };
  for (let at = 0; at < 60; at++) value = { a: value, b: value };
  expect(boundsFault(value)).toContain("longer");
  expect(boundsFault(JSON.parse(deep(valueDepthMax + 2)))).toContain("deeper");
  expect(boundsFault(JSON.parse(deep(valueDepthMax)))).toBe(null);
  expect(boundsFault("\u0000".repeat(1_000_000))).toContain("longer");
  expect(boundsFault("x".repeat(1_000_000))).toBe(null);
});

it("A3: names that every object has are names like any other, and what an agent says is no template", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const nodes = {
    constructor: agent("{{ '{{ inputs.toString }}' }} $(touch run)"),
    valueOf: {
      kind: "tool",
      tool: "Bash",
      args: { command: "printf %s '{{ nodes.constructor.output }}'" },
      needs: ["constructor"],
    },
  };
  await start(id, {
    name: "hasOwnProperty",
    inputs: { toString: { type: "string" } },
    nodes,
    outputs: { isPrototypeOf: "{{ nodes.valueOf.output }}" },
  }, { toString: "the secret" });
  expect(await ended(id)).toMatchObject({
    outcome: "completed",
    outputs: { isPrototypeOf: "{{ inputs.toString }} $(touch run)" },
  });
  for (
    const definition of [
      { name: "w", nodes: { x: agent("x", { agent: "constructor" }) } },
      {
        name: "w",
        nodes: {
          x: {
            kind: "team",
            goal: "g",
            members: [{ name: "bob", prompt: "x" }, { name: "bob", prompt: "y" }],
          },
        },
      },
    ]
  ) {
    await expect(start(id, definition)).rejects.toMatchObject({ code: "bad_request" });
  }
  tally({ family: "A3", what: "names and texts that mean something else", tried: 5, refused: 5, escapes: 0 });
});

it("A3: a person is asked about the command as it would run, from the workflow it is in, and that is what runs", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  const said = "x'; touch elsewhere; echo '\u202e";
  const x = { kind: "tool", tool: "Bash", args: { command: "echo '{{ nodes.a.output }}'" }, needs: ["a"] };
  await start(id, { name: "w", nodes: { a: agent(said), x }, outputs: { o: "{{ nodes.x.output }}" } });
  const asked = await test.fact(id, "call.approval_requested");
  expect(asked.actor).toBe("workflow:w");
  const { approvals } = (await test.runtime.view(id)).state;
  expect(approvals).toMatchObject([{ actor: "workflow:w", name: "Bash" }]);
  expect(approvals[0]?.prompt).toContain("x'; touch elsewhere; echo '");
  const [{ call_id = "", digest = "" } = {}] = approvals;
  const answer = (digest: string) =>
    test?.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once", digest }, "me");
  await expect(answer("sha256-of-something-else")).rejects.toMatchObject({ code: "conflict" });
  await answer(digest);
  await ended(id);
  const ran = (await test.facts(id)).flatMap((fact) => fact.type === "call.proposed" ? [fact.data.args] : []);
  expect(ran).toEqual([{ command: `echo '${said}'` }]);
  tally({ family: "A3", what: "filled commands", tried: 2, refused: 2, escapes: 0 });
});
