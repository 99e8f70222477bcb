// docs/extending.md keeps its word: each example is put into a copy of the project, or into a configuration, and used there.
import { afterAll, beforeAll, expect, test } from "vitest";
import { join } from "node:path";
import { z } from "zod";
import { copyWith, type Example, examplesOf, put } from "./page.ts";

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const page = await Deno.readTextFile("docs/extending.md");
const examples = examplesOf(page);
let folder: string;
let workspace: string;
let server: Deno.HttpServer<Deno.NetAddr>;
const heard: { authorization: string | null; body: unknown }[] = [];

beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-docs-" }));
  workspace = join(folder, "workspace");
  await Deno.mkdir(workspace);
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    heard.push({ authorization: request.headers.get("authorization"), body: await request.json() });
    return Response.json({ output: "in English" });
  });
  await copyWith(examples, folder);
  const home = (text: string) => text.replaceAll("/home/me", folder);
  for (const { path, text } of examples) if (path.startsWith("/home/me")) await put(home(path), text);
  const toml = textsOf("toml").join("\n");
  await put(
    join(folder, "config", "jamey-code", "runtime.toml"),
    home(toml).replaceAll("https://tools.example", `http://127.0.0.1:${server.addr.port}`),
  );
  for (const { path, text } of examples) {
    if (path.startsWith("prompts/")) await put(join(folder, "config", "jamey-code", path), text);
  }
  await Deno.writeTextFile(join(workspace, "poem.txt"), "roses are red\n");
  await Deno.writeTextFile(join(workspace, ".env"), "SECRET=1\n");
}, 120_000);
afterAll(async () => {
  await jamey(["stop"]);
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
});

function textsOf(language: string): string[] {
  return examples.filter((example: Example) => example.language === language).map(({ text }) => text);
}

async function deno(args: string[], cwd: string, stdin = ""): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: {
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, "config"),
      JAMEY_DATA_DIR: join(folder, "data"),
      JAMEY_PROVIDER: "scripted",
      JAMEY_TOKEN: "",
      TRANSLATE_TOKEN: "not-a-real-token",
      NO_COLOR: "1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that does not read its input may have ended before all of it was written.
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

const jamey = (args: string[], stdin = "") =>
  deno(["run", "-A", join(folder, "bin", "jamey.ts"), ...args], workspace, stdin);

/** How the calls of a run ended, by the name of the tool. */
async function calls(
  ...steps: { name: string; args: Record<string, unknown> }[]
): Promise<Map<string, string>> {
  const script = `script: ${JSON.stringify([...steps.map((call) => ({ calls: [call] })), { text: "done" }])}`;
  const bypass = ["--permission-mode", "bypassPermissions"];
  const { stdout, stderr } = await jamey(["run", ...bypass, "--output-format", "stream-json", script]);
  const end = z.object({
    event: z.object({
      type: z.enum(["call.finished", "call.failed", "call.denied"]),
      data: z.object({ name: z.string() }).loose(),
    }),
  });
  const ends = stdout.trim().split("\n").flatMap((line) => end.safeParse(JSON.parse(line)).data ?? []);
  expect(ends.length, stdout + stderr).toBeGreaterThan(0);
  return new Map(
    ends.map((
      { event: { type, data } },
    ) => [data.name, `${type}: ${data["output"] ?? data["error"] ?? data["reason"]}`]),
  );
}

test("a tool, a provider and a permission layer each cost one file and one line beside its import", () => {
  const added = textsOf("diff").map((diff) => diff.split("\n").filter((line) => line.startsWith("+")));
  expect(added).toHaveLength(3);
  for (const lines of added) expect(lines.filter((line) => !line.startsWith("+import "))).toHaveLength(1);
  expect(textsOf("ts")).toHaveLength(3);
});

test("the examples in the source pass the type check and the linter", async () => {
  const files = examples.filter(({ language }) => language === "ts").map(({ path }) => path);
  for (const command of [["check"], ["lint"], ["fmt", "--check"]]) {
    const { code, stderr } = await deno([...command, ...files], folder);
    expect(code, stderr).toBe(0);
  }
}, 120_000);

test("the tool is offered and works", async () => {
  expect((await jamey(["run", "hello"])).code).toBe(0);
  expect((await jamey(["tools"])).stdout).toMatch(/^WordCount +built in +Counts the words of a text file$/m);
  const ended = await calls({ name: "WordCount", args: { file_path: "poem.txt" } });
  expect(ended.get("WordCount")).toBe("call.finished: 3 words");
});

test("the provider answers for the section that names its kind", async () => {
  const { stdout, stderr } = await jamey(["run", "--model", "polly/grey", "Good morning"]);
  expect(stdout, stderr).toBe("Good morning Good morning\n");
  expect((await jamey(["models"])).stdout).toMatch(/^polly\/grey +parrot/m);
});

test("the permission layer holds for sub-agents and for nobody else", async () => {
  const bash = { name: "Bash", args: { command: "true" } };
  const prompt = `script: ${JSON.stringify([{ calls: [bash] }, { text: "done" }])}`;
  expect((await calls(bash)).get("Bash")).toContain("call.finished");
  const helper = await calls({ name: "Agent", args: { description: "helps", prompt } });
  expect(helper.get("Bash")).toBe('call.denied: "Bash" may change something, and sub-agents only read here');
});

test("programs and endpoints of the configuration are tools, and secrets are filled in from their places", async () => {
  const ended = await calls(
    { name: "greet", args: { name: "Ada" } },
    { name: "translate", args: { text: "bonjour" } },
  );
  expect(ended.get("greet")).toBe("call.finished: Hello Ada");
  expect(ended.get("translate")).toBe("call.finished: in English");
  expect(heard).toMatchObject([{
    authorization: "not-a-real-token",
    body: { tool: "translate", args: { text: "bonjour" } },
  }]);
  const { stdout } = await jamey(["tools"]);
  expect(stdout).toMatch(/^greet +configured/m);
});

test("the hook blocks what it is for and lets the rest through", async () => {
  const blocked = await calls({ name: "Read", args: { file_path: ".env" } });
  expect(blocked.get("Read")).toContain("Files with secrets are not read here");
  const passed = await calls({ name: "Read", args: { file_path: "poem.txt" } });
  expect(passed.get("Read")).toContain("roses are red");
});

test("the skill is loaded with its arguments, and the prompt of one's own is what the model is sent", async () => {
  const ended = await calls({ name: "Skill", args: { skill: "release-notes", args: "2.0" } });
  expect(ended.get("Skill")).toContain("Write the notes for version 2.0");
  const { stdout } = await jamey(["replay", "last", "--request", "last"]);
  const { system } = z.object({ system: z.string() }).parse(JSON.parse(stdout));
  expect(system).toMatch(/^You are the gardener of this folder\./);
  expect(system).toContain("release-notes");
});

test("the slash command is listed and sends its text with the words that follow it", async () => {
  const chat = await jamey(["chat"], "/commands\n/review the parser\n");
  expect(chat.stdout, chat.stderr).toMatch(/^ +\/review .*Looks for what could go wrong/m);
  expect(chat.stdout).toContain("Review the parser and name the three largest risks.");
});

test("the whole configuration of the page is in order, the MCP server with it", async () => {
  const { code, stdout, stderr } = await jamey(["config", "check"]);
  expect(code, stdout + stderr).toBe(0);
});
