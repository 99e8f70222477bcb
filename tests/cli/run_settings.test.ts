// What `jamey run` can be told: model, mode, pictures, instructions; and what its result counts.
import { afterEach, expect, test } from "vitest";
import { join } from "node:path";
import { z } from "zod";
import type { SessionView } from "../../src/protocol/http.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { answer, chunk, delta, event, sse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
let server: ModelServer | undefined;
afterEach(async () => {
  await desk.close();
  await server?.close();
  server = undefined;
});

const result = z.object({
  session_id: z.string(),
  result: z.string(),
  num_turns: z.number(),
  total_cost_usd: z.number().nullable(),
  usage: z.record(z.string(), z.number()),
  plan: z.string().optional(),
});

async function run(...words: string[]): Promise<z.infer<typeof result>> {
  const { code, stdout, stderr } = await desk.jamey(["run", "--output-format", "json", ...words]);
  expect(code, stderr).toBe(0);
  return result.parse(JSON.parse(stdout));
}
const summary = async (id: string): Promise<SessionView["state"]["summary"]> =>
  (await desk.view(id)).state.summary;

/** A desk with the offline provider and one at a wire. */
async function openWith(
  reply: (request: WireRequest, n: number) => ReturnType<typeof answer>,
): Promise<void> {
  server = startModelServer({ reply });
  const wire = openaiProvider({
    apiKey: "test-key",
    baseUrl: server.url,
    model: "m",
    models: { m: { price: { input: 1, output: 2 }, vision: true } },
  });
  desk = await openAgentDesk({ providers: registryOf([scriptedProvider(), wire]) });
}

test("--model and --permission-mode hold for the message of a session gone on with, or for its fork alone", async () => {
  await openWith(() => answer({ text: "from the wire" }));
  const first = await run("hello");
  expect(await summary(first.session_id)).toMatchObject({ provider: "scripted", permission_mode: "default" });
  const second = await run("-c", "--model", "openai/m", "--permission-mode", "bypassPermissions", "hello");
  expect(second).toMatchObject({ session_id: first.session_id, result: "from the wire" });
  expect(await summary(first.session_id)).toMatchObject({
    provider: "openai",
    model: "m",
    permission_mode: "bypassPermissions",
  });
  const fork = await run("-r", first.session_id, "--fork-session", "--model", "scripted/rules", "hello");
  expect(fork.session_id).not.toBe(first.session_id);
  expect(await summary(fork.session_id)).toMatchObject({ provider: "scripted", model: "rules" });
  expect(await summary(first.session_id)).toMatchObject({ provider: "openai" });
});

test("--append-system-prompt reaches the model with every request of the session", async () => {
  await openWith(() => answer({ text: "ok" }));
  await run("--model", "openai/m", "--append-system-prompt", "Answer in rhyme", "hello");
  await run("-c", "and again");
  const systems = server?.requests.map(({ body }) =>
    body.messages.find(({ role }) => role === "system")?.content
  );
  expect(systems).toEqual([
    expect.stringContaining("Answer in rhyme"),
    expect.stringContaining("Answer in rhyme"),
  ]);
});

test("tokens and money of sub-agents count, cached tokens too, and the turns are those of the main agent", async () => {
  const usage = {
    prompt_tokens: 1_000_000,
    completion_tokens: 500_000,
    prompt_tokens_details: { cached_tokens: 400_000 },
  };
  const agent = { name: "Agent", args: { description: "child", prompt: "the child's task" } };
  await openWith(({ messages }) => {
    const isChild = JSON.stringify(messages).includes("the child's task") && messages.length < 4;
    const isDone = messages.some(({ role }) => role === "tool");
    const said = isChild && !isDone ? [delta({ content: "child done" })] : [];
    if (isDone || isChild) {
      return sse([...said, delta({ content: "done" }, "stop"), chunk({ choices: [], usage })].map(event));
    }
    return answer({ calls: [agent], usage });
  });
  const { num_turns, total_cost_usd, usage: used } = await run(
    "--model",
    "openai/m",
    "--permission-mode",
    "bypassPermissions",
    "go",
  );
  expect(server?.requests).toHaveLength(3);
  expect(num_turns).toBe(2);
  expect(total_cost_usd).toBeCloseTo(3 * (1 + 2 * 0.5));
  expect(used).toMatchObject({ input_tokens: 3_000_000, output_tokens: 1_500_000 });
  expect(used["cache_read_tokens"]).toBe(1_200_000);
});

test("a summary that the turn needs counts as well", async () => {
  const usage = { prompt_tokens: 1_000_000, completion_tokens: 0 };
  await openWith(() => answer({ text: "a summary, or an answer", usage }));
  const { session_id } = await run("--model", "openai/m", "hello");
  await desk.server.call("POST", `/sessions/${session_id}/compact`, {});
  const { usage: used, total_cost_usd, num_turns } = await run("-c", "and now?");
  expect(server?.requests).toHaveLength(3);
  expect({ num_turns, total_cost_usd }).toEqual({ num_turns: 1, total_cost_usd: 2 });
  expect(used).toMatchObject({ input_tokens: 2_000_000 });
});

test("what nobody reported is left out of the usage instead of being zero", async () => {
  desk = await openAgentDesk();
  expect(Object.keys((await run("hello")).usage).sort()).toEqual(["input_tokens", "output_tokens"]);
});

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const pixelBytes = Uint8Array.from(atob(pixel), (character) => character.charCodeAt(0));

test("--image sends pictures by what they are, not by their names, and nothing shows their base64 to a person", async () => {
  desk = await openAgentDesk();
  await Deno.writeFile(join(desk.workspace, "shot"), pixelBytes);
  const { session_id, result: text } = await run("--image", "shot,shot", "what is this?");
  expect(text).toContain("2 images");
  const { conversation } = await desk.view(session_id);
  expect(conversation[0]).toMatchObject({
    images: [{ media_type: "image/png" }, { media_type: "image/png" }],
  });
  const replayed = await desk.jamey(["replay", session_id, "--step"]);
  expect(replayed.stdout).toContain(`[image image/png, ${pixelBytes.length} bytes]`);
  const state = await desk.jamey(["replay", session_id, "--at", "4"]);
  expect(state.stdout).toContain("[image image/png");
  expect(replayed.stdout + state.stdout).not.toContain(pixel.slice(0, 40));
  expect((await desk.jamey(["replay", session_id, "--json"])).stdout).toContain(pixel);
});

test("a model that sees no images is said to see none, and one that does is sent them without a word", async () => {
  await openWith(() => answer({ text: "from the wire" }));
  await Deno.writeFile(join(desk.workspace, "shot"), pixelBytes);
  const says = "sees no images";
  const blind = await desk.jamey(["run", "--image", "shot", "what is this?"]);
  expect(blind).toMatchObject({ code: 0, stderr: expect.stringContaining(says) });
  expect((await desk.jamey(["chat"], { stdin: "/image shot what is this?\n" })).stderr).toContain(says);
  const seeing = await desk.jamey(["run", "--model", "openai/m", "--image", "shot", "what is this?"]);
  expect(seeing.code).toBe(0);
  expect(seeing.stderr).not.toContain(says);
  expect((await desk.jamey(["run", "no images"])).stderr).not.toContain(says);
});

test("a model of a provider that is not there is refused with the name that is near", async () => {
  await openWith(() => answer({ text: "from the wire" }));
  const refused = { code: 42, stderr: expect.stringContaining('Did you mean "openai/m"?') };
  expect(await desk.jamey(["run", "--model", "opnai/m", "hi"])).toMatchObject(refused);
  expect(await desk.jamey(["new", "--model", "opnai/m"])).toMatchObject(refused);
  expect(await desk.jamey(["chat", "--model", "opnai/m"], { stdin: "hi\n" })).toMatchObject(refused);
  expect((await desk.jamey(["run", "--model", "nosuch/x", "hi"])).stderr).toContain(
    'Providers are: scripted, openai; if "scripted" has it all the same, write "scripted/nosuch/x"',
  );
  expect(JSON.parse((await desk.jamey(["sessions", "--json"])).stdout).sessions).toEqual([]);
  const { session_id } = await run("--model", "scripted/nosuch/x", "hello");
  expect(await summary(session_id)).toMatchObject({ provider: "scripted", model: "nosuch/x" });
  expect(await desk.jamey(["run", "-c", "--model", "opnai/m", "hi"])).toMatchObject(refused);
  const chat = await desk.jamey(["chat", "-s", "last"], { stdin: "/model opnai/m\n/model openai/m\n" });
  expect(chat.stderr).toContain('Did you mean "openai/m"?');
  expect(await summary(session_id)).toMatchObject({ provider: "openai", model: "m" });
});

test("a model whose name holds a slash is taken when the endpoint offers it, or cannot be mistaken", async () => {
  server = startModelServer({
    reply: () => answer({ text: "from the wire" }),
    other: () => Response.json({ data: [{ id: "org/offered" }] }),
  });
  const wire = openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "org/default" });
  desk = await openAgentDesk({ providers: registryOf([wire]) });
  for (const model of ["org/offered", "org/default", "openai/org/other"]) {
    expect((await run("--model", model, "hello")).result).toBe("from the wire");
  }
  const { code, stderr } = await desk.jamey(["run", "--model", "org/other", "hello"]);
  expect(code).toBe(42);
  expect(stderr).toContain('write "openai/org/other"');
  expect(server.requests.map(({ body }) => body.model)).toEqual(["org/offered", "org/default", "org/other"]);
});

test("images that are missing, too many, too large or none are refused before anything is sent", async () => {
  desk = await openAgentDesk();
  await Deno.writeFile(join(desk.workspace, "a.png"), pixelBytes);
  await Deno.truncate(join(desk.workspace, "a.png"), 5 * 1024 * 1024 + 1);
  await Deno.writeTextFile(join(desk.workspace, "b.png"), "\x89PN");
  const many = Array.from({ length: 9 }, () => "a.png").join(",");
  for (
    const [files, why] of [["lost.png", "lost.png"], [many, "9 images"], ["a.png", "bytes"], [
      "b.png",
      "none of",
    ]]
  ) {
    const { code, stderr } = await desk.jamey(["run", "--image", files ?? "", "hi"]);
    expect({ code, stderr }).toEqual({ code: 42, stderr: expect.stringContaining(why ?? "") });
  }
  expect((await desk.jamey(["sessions", "--json"])).stdout).toBe('{"sessions":[]}\n');
});

test("text prints a plan before the last words, and says on stderr what was asked and what was decided", async () => {
  desk = await openAgentDesk();
  const ask = call("AskUserQuestion", { questions: [{ question: "Which way?" }] });
  const todo = call("TodoWrite", { todos: [{ content: "Dig", status: "in_progress" }] });
  const plan = script(ask, todo, call("ExitPlanMode", { plan: "1. Dig" }), { text: "Ready" });
  const { code, stdout, stderr } = await desk.jamey(["run", "--permission-mode", "plan", plan]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "1. Dig\n\nReady\n" });
  expect(stderr).toContain("· asks: Which way?");
  expect(stderr).toContain("decide yourself");
  expect(stderr).toContain("· todos: 0 of 1 done");
});

test("a session that waits for somebody is not waited for: what it asks is refused, and the message is heard", async () => {
  desk = await openAgentDesk();
  const { body } = await desk.server.call("POST", "/sessions", { workspace: desk.workspace, name: "asks" });
  const id = z.object({ session_id: z.string() }).parse(body).session_id;
  const message = script(call("Bash", { command: "touch x" }), { text: "done" });
  await desk.server.call("POST", `/sessions/${id}/messages`, { message });
  while ((await desk.view(id)).state.approvals.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { code, stdout } = await desk.jamey(["run", "-r", "asks", "--output-format", "json", "never mind"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    subtype: "error_permission_denied",
    permission_denials: [{ name: "Bash" }],
    result: expect.stringContaining("never mind"),
  });
});
