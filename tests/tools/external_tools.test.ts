import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Tool } from "../../tools/contract.ts";
import { answerBytesMax, imagesMax, outputCharsMax } from "../../tools/external/answer.ts";
import { failuresMax, offMs } from "../../tools/external/breaker.ts";
import type { ExternalToolSettings } from "../../tools/external/settings.ts";
import { externalSource, externalToolsMax } from "../../tools/external/source.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace, textOf } from "./workspace.ts";

/** How long the programs sleep: no other run of these tests on this machine has the same. */
const nap = `9${Deno.pid}.98780`;

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(() => workspace.remove());

const parameters = {
  type: "object",
  properties: { a: { type: "string", pattern: "(a+)+$" } },
  required: ["a"],
};
const shared = { description: "a tool of my own", parameters };

async function toolOf(settings: ExternalToolSettings, now?: () => number): Promise<Tool> {
  const environment = Deno.env.toObject();
  const source = externalSource({
    tools: { mine: settings },
    environment,
    ...(now === undefined ? {} : { now }),
  });
  const [tool] = await source.tools(workspace.dir);
  if (tool === undefined) throw new Error("no tool");
  return tool;
}

const processOf = (script: string, more: { timeoutS?: number; now?: () => number } = {}) => {
  const { now, ...settings } = more;
  return toolOf({ type: "process", command: ["sh", "-c", script], ...shared, ...settings }, now);
};
const run = (tool: Tool, args = { a: "b" }, signal = new AbortController().signal) =>
  runTool(tool, args, workspace.context({ signal }));

/** A server on this machine that answers as the test says. */
function serve(answer: (request: Request) => Response | Promise<Response>): string {
  const stop = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal };
  const server = Deno.serve(options, answer);
  onTestFinished(async () => {
    stop.abort();
    await server.finished;
  });
  return `http://127.0.0.1:${server.addr.port}/tool`;
}
const httpOf = (url: string, more: { timeoutS?: number; headers?: Record<string, string> } = {}) =>
  toolOf({ type: "http", url, ...shared, ...more });

it("a program is told the call as JSON and its answer is the result", async () => {
  Deno.env.set("JAMEY_TEST_SECRET", "s3cret");
  const tool = await processOf('cat; echo; pwd; echo "$JAMEY_TEST_SECRET"');
  const { output = "" } = await run(tool);
  const [told = "", where] = output.split("\n");
  expect(JSON.parse(told)).toEqual({
    tool: "mine",
    args: { a: "b" },
    session_id: "test",
    workspace: workspace.dir,
  });
  expect(where).toBe(workspace.dir);
  expect(output).not.toContain("s3cret");
  expect(tool).toMatchObject({ effect: "unsafe", requiresConfirmation: true, spec: { parameters } });
});

const answers = [
  ["plain text", "echo hello", { status: "finished", output: "hello", truncated: false }],
  ["JSON", `echo '{"output":"hello"}'`, { status: "finished", output: "hello", truncated: false }],
  ["JSON of another shape", `echo '{"out":1}'`, { status: "finished", output: '{"out":1}' }],
  ["nothing", "true", { status: "finished", output: "[no output]" }],
  ["an error in JSON", `echo '{"output":"no","is_error":true}'`, {
    status: "failed",
    error: "the tool reports an error",
    output: "no",
  }],
  ["an exit code", "echo part; echo why >&2; exit 3", {
    status: "failed",
    error: "Cannot finish mine: exit code 3; it said: why",
    output: "part\n",
  }],
] as const;

it.each(answers)("a program may answer with %s", async (_, script, expected) => {
  expect(await run(await processOf(script))).toMatchObject(expected);
});

it("images are passed on, as many and as large as can be shown", async () => {
  const images = Array.from({ length: 6 }, () => ({ media_type: "image/png", data: "aWk=" }));
  const outcome = await run(await processOf(`echo '${JSON.stringify({ output: "see", images })}'`));
  expect(outcome.status === "finished" && outcome.images?.length).toBe(imagesMax);
  expect(outcome.output).toContain("[2 images are not shown");
});

it("R6: whatever a program does, its call ends within its limit, and nothing of it is left", async () => {
  const cases = [
    ["hangs", `sleep ${nap}1`, "it ran longer than 0.5 s and was ended"],
    ["ignores SIGTERM", `trap '' TERM; sleep ${nap}2; sleep ${nap}2`, "it ran longer than"],
    ["kills itself", "kill -9 $$", "exit code 137"],
    ["is not there", "exec no-such-program-here", "exit code 127"],
  ] as const;
  for (const [, script, why] of cases) {
    expect(textOf(await run(await processOf(script, { timeoutS: 0.5 })))).toContain(why);
  }
  const child = await run(await processOf(`sleep ${nap}3 & echo left`));
  expect(child).toMatchObject({ status: "finished", output: "left" });
  const flood = await run(await processOf("head -c 100000000 /dev/zero | tr '\\0' z"));
  expect(flood).toMatchObject({ status: "finished", truncated: true });
  expect(flood.output?.length).toBeLessThan(outputCharsMax + 200);
  expect(await processesWith(nap)).toEqual([]);
  console.log(
    `R6 programs as tools: ${cases.length + 2} of ${cases.length + 2} ended with a result, 0 processes left`,
  );
});

it("a cancel ends the program", async () => {
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 100);
  const outcome = await run(await processOf(`sleep ${nap}4`), { a: "b" }, cancel.signal);
  expect(outcome.status).toBe("interrupted");
  expect(await processesWith(`${nap}4`)).toEqual([]);
});

it("after three failures a tool is left alone for five minutes, then tried again", async () => {
  let now = 1_000_000;
  const tool = await processOf("echo x >> tries; kill -9 $$", { now: () => now });
  for (let count = 0; count < failuresMax; count++) {
    expect(textOf(await run(tool))).toContain("exit code 137");
  }
  expect(textOf(await run(tool))).toMatch(/^Cannot run mine: it failed 3 times within 5 minutes and is off/);
  expect(Deno.readTextFileSync(`${workspace.dir}/tries`)).toBe("x\n".repeat(failuresMax));
  now += offMs;
  expect(textOf(await run(tool))).toContain("exit code 137");
});

it("an exit code is an answer: a tool that says no is not switched off", async () => {
  const tool = await processOf("exit 1");
  for (let count = 0; count <= failuresMax; count++) {
    expect(textOf(await run(tool))).toBe("Cannot finish mine: exit code 1");
  }
});

it("an endpoint gets the call with its headers, and its answer is the result", async () => {
  const url = serve(async (request) => {
    const told = await request.json();
    return Response.json({ output: `${request.method} ${request.headers.get("x-key")} ${told.args.a}` });
  });
  const tool = await httpOf(url, { headers: { "X-Key": "k3y" } });
  expect(await run(tool)).toMatchObject({ status: "finished", output: "POST k3y b" });
  expect(await run(await httpOf(serve(() => new Response("plain"))))).toMatchObject({ output: "plain" });
});

it("R6: whatever an endpoint does, its call ends within its limit", async () => {
  let elsewhere = 0;
  const other = serve(() => {
    elsewhere++;
    return new Response("you should not be here");
  });
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000).fill(97)),
    });
  const cases = [
    ["never answers", () => new Promise<Response>(() => {}), "it did not answer within 0.5 s"],
    [
      "redirects",
      () => Response.redirect(other, 307),
      "it answers with a redirect (307), which is not followed",
    ],
    ["fails", () => new Response("broken", { status: 500 }), "it answers with status 500: broken"],
    ["refuses", () => new Response("no", { status: 403 }), "it answers with status 403: no"],
    ["fails without end", () => new Response(endless(), { status: 500 }), "it answers with status 500: aaa"],
  ] as const;
  for (const [, answer, why] of cases) {
    const outcome = await run(await httpOf(serve(answer), { timeoutS: 0.5 }));
    expect(outcome.status).toBe("failed");
    expect(textOf(outcome).slice(0, 20_000)).toContain(`Cannot finish mine: ${why}`);
  }
  expect(elsewhere).toBe(0);
  const flood = await run(await httpOf(serve(() => new Response(endless()))));
  expect(flood).toMatchObject({ status: "finished", truncated: true });
  expect(flood.output).toContain(`left out of ${answerBytesMax}`);
  const gone = await run(await httpOf("http://127.0.0.1:9/"));
  expect(gone.status).toBe("failed");
  console.log(`R6 endpoints as tools: ${cases.length + 2} of ${cases.length + 2} calls ended with a result`);
});

it("arguments that are needed are looked for, all else is the tool's own business", async () => {
  const tool = await processOf("cat");
  expect(tool.parse({})).toEqual({ ok: false, error: 'Cannot run mine: "a" is missing' });
  // The pattern of the schema would take for ever on this one.
  expect(tool.parse({ a: `${"a".repeat(60)}!`, extra: [1, { b: null }] }).ok).toBe(true);
});

it("settings that cannot be meant are refused at the start", () => {
  const make = (tools: Record<string, ExternalToolSettings>) => () =>
    externalSource({ tools, environment: {} });
  const good: ExternalToolSettings = { type: "process", command: ["true"], ...shared };
  expect(make({ "no good": good })).toThrow('Cannot use external tool "no good": ');
  expect(make({ mine: { type: "http", url: "file:///etc/passwd", ...shared } })).toThrow(
    'external tool "mine"',
  );
  expect(make({ mine: { ...good, command: [] } })).toThrow('external tool "mine"');
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, good]));
  expect(make(many(externalToolsMax))).not.toThrow();
  expect(make(many(externalToolsMax + 1))).toThrow(`at most ${externalToolsMax} are allowed`);
});
