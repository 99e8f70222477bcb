// The tools and the command line of the whole agent in the compiled program: what is loaded on demand is in it.
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type Desk, jsonLines, openDesk, script } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

const bypass = ["--permission-mode", "bypassPermissions"];
const one = (name: string, args: Record<string, unknown> = {}) => ({ calls: [{ name, args }] });

const ending = z.object({
  event: z.object({
    type: z.enum(["call.finished", "call.failed", "call.denied", "call.interrupted"]),
    data: z.object({
      name: z.string(),
      output: z.string().optional(),
      error: z.string().optional(),
      reason: z.string().optional(),
      images: z.array(z.unknown()).optional(),
    }),
  }),
});

/** Runs these calls as one turn; how each of them ended. */
async function calls(...steps: ReturnType<typeof one>[]) {
  const words = ["run", ...bypass, "--output-format", "stream-json", script(...steps, { text: "done" })];
  const lines = jsonLines(await desk.ok(words));
  return lines.flatMap((line) => ending.safeParse(line).data?.event ?? []).map(({ type, data }) => ({
    type,
    ...data,
  }));
}

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const notebook = {
  cells: [{
    cell_type: "code",
    id: "a",
    metadata: {},
    source: ["1 + 1"],
    outputs: [],
    execution_count: null,
  }],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
};

it("todos, tasks, notebooks, pictures and background commands work", async () => {
  await Deno.writeTextFile(join(desk.workspace, "n.ipynb"), JSON.stringify(notebook));
  const bytes = Uint8Array.from(atob(pixel), (character) => character.charCodeAt(0));
  await Deno.writeFile(join(desk.workspace, "p.png"), bytes);
  const ended = await calls(
    one("TodoWrite", { todos: [{ content: "Dig", status: "pending" }] }),
    one("TaskCreate", { subject: "Build", description: "b" }),
    one("TaskList"),
    one("Read", { file_path: "n.ipynb" }),
    one("Read", { file_path: "p.png" }),
    one("Bash", { command: "echo from behind", run_in_background: true }),
  );
  expect(ended.filter(({ type }) => type !== "call.finished")).toEqual([]);
  expect(ended.map(({ name }) => name)).toEqual([
    "TodoWrite",
    "TaskCreate",
    "TaskList",
    "Read",
    "Read",
    "Bash",
  ]);
  expect(ended[2]?.output).toContain("Build");
  expect(ended[3]?.output).toContain("1 + 1");
  expect(ended[4]?.images).toHaveLength(1);
});

it("a change is undone, byte for byte", async () => {
  await calls(one("Write", { file_path: "u.txt", content: "new\n" }));
  await desk.ok(["undo", "last"]);
  await expect(Deno.stat(join(desk.workspace, "u.txt"))).rejects.toThrow(Deno.errors.NotFound);
});

it("a page is fetched only from where that is allowed, and turned into Markdown by the library in the program", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<h1>Hello</h1><p>from <b>here</b></p>", { headers: { "content-type": "text/html" } }),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const [refused] = await calls(one("WebFetch", { url }));
  expect(refused?.type).toBe("call.failed");
  await desk.ok(["config", "set", "web.allow_private", "true"]);
  await desk.ok(["restart"]);
  const [fetched] = await calls(one("WebFetch", { url }));
  expect(fetched).toMatchObject({ type: "call.finished", output: expect.stringContaining("# Hello") });
  await server.shutdown();
});

it("a PDF is read by the library in the program", async () => {
  await Deno.writeFile(join(desk.workspace, "d.pdf"), new TextEncoder().encode(pdf("Hello PDF")));
  const [read] = await calls(one("Read", { file_path: "d.pdf" }));
  expect(read).toMatchObject({ type: "call.finished", output: expect.stringContaining("Hello PDF") });
});

/** One page with these words. */
function pdf(words: string): string {
  const content = `BT /F1 24 Tf 72 700 Td (${words}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return String(place).padStart(10, "0");
  });
  const rows = ["0000000000 65535 f ", ...places.map((place) => `${place} 00000 n `)].join("\n");
  return `${file}xref\n0 6\n${rows}\ntrailer << /Size 6 /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}

it("a program of the configuration is a tool; what a hook blocks is blocked", async () => {
  const greet = join(desk.home, "greet");
  await Deno.writeTextFile(greet, "#!/bin/sh\ncat > /dev/null\necho hello\n");
  const guard = join(desk.home, "guard");
  await Deno.writeTextFile(guard, "#!/bin/sh\ngrep -q forbidden || exit 0\necho not that >&2\nexit 2\n");
  for (const path of [greet, guard]) await Deno.chmod(path, 0o755);
  const path = (await desk.ok(["config", "path"])).trim();
  const added = [
    `[tools.greet]\ntype = "process"\ncommand = ["${greet}"]\ndescription = "Greets"\nconfirm = false`,
    `[[hooks.PreToolUse]]\nmatcher = "Bash"\ncommand = "${guard}"`,
  ];
  await Deno.writeTextFile(path, `${await Deno.readTextFile(path)}\n${added.join("\n\n")}\n`);
  await desk.ok(["config", "check"]);
  await desk.ok(["restart"]);
  expect(await desk.ok(["tools"])).toMatch(/^greet +configured/m);
  const [greeted, blocked, passed] = await calls(
    one("greet"),
    one("Bash", { command: "echo forbidden" }),
    one("Bash", { command: "echo allowed" }),
  );
  expect(greeted).toMatchObject({ type: "call.finished", output: "hello" });
  expect(JSON.stringify(blocked)).toContain("not that");
  expect(passed).toMatchObject({ type: "call.finished", output: expect.stringContaining("allowed") });
});

it("a question is answered from another terminal, and a plan is the result of a run in plan mode", async () => {
  const asks = script(
    one("AskUserQuestion", { questions: [{ question: "Which?", options: [{ label: "this" }] }] }),
    {
      text: "Thanks",
    },
  );
  const chat = desk.start(["chat"]);
  const writer = chat.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${asks}\n`));
  const [watched, kept] = chat.stdout.tee();
  for await (const text of watched.pipeThrough(new TextDecoderStream())) if (text.includes("Which?")) break;
  const { questions } = JSON.parse(await desk.ok(["answer", "last", "--json"]));
  await desk.ok(["answer", "last", questions[0].call_id, "this"]);
  await writer.close();
  expect(await new Response(kept).text()).toContain("answered by user: this");
  await Promise.all([chat.status, chat.stderr.cancel()]);
  const plan = script(one("ExitPlanMode", { plan: "1. Dig" }), { text: "Ready" });
  expect(await desk.ok(["run", "--permission-mode", "plan", plan])).toBe("1. Dig\n\nReady\n");
});

it("every session of these tests proves itself", async () => {
  const { sessions } = JSON.parse(await desk.ok(["sessions", "--json"]));
  for (const { session_id } of sessions) await desk.ok(["replay", session_id, "--verify"]);
  console.log(`compiled: ${sessions.length} sessions of the agent's tools proven`);
});
