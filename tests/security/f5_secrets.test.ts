import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createInstructions } from "../../src/context/instructions.ts";
import { createSkillLibrary } from "../../src/context/skill_library.ts";
import { createSkills } from "../../src/context/skills.ts";
import { customCommands } from "../../src/context/custom_commands.ts";
import { defineGrep } from "../../tools/grep.ts";
import { script } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";
import { canary, leaksIn, openSecretDesk, type SecretDesk } from "./secret_desk.ts";

let desk: SecretDesk;
beforeEach(async () => void (desk = await openSecretDesk()));
afterEach(() => desk.close());

interface Call {
  name: string;
  args: Record<string, string | number | boolean>;
}

/** Every way in which a tool could be asked for this file: shown, searched, changed, quoted in an error. */
function callsFor(path: string): Call[] {
  const below = relative(desk.workspace, path);
  return [
    { name: "Read", args: { file_path: path } },
    { name: "Read", args: { file_path: below, offset: 2, limit: 1 } },
    { name: "Grep", args: { pattern: "KEY|line", path, output_mode: "content" } },
    { name: "Grep", args: { pattern: "KEY", path: below, output_mode: "count" } },
    { name: "Edit", args: { file_path: path, old_string: "first line", new_string: "x" } },
    { name: "Edit", args: { file_path: path, old_string: "no such text", new_string: "x" } },
    { name: "Write", args: { file_path: path, content: "x" } },
    { name: "NotebookEdit", args: { notebook_path: path, cell_number: 1, new_source: "x" } },
  ];
}

/** Folders above, below and beside the secrets, looked through whole. */
function searches(): Call[] {
  const folders = [
    ".",
    desk.workspace,
    desk.home,
    desk.root,
    join(desk.home, ".ssh"),
    join(desk.root, "data"),
    "certs",
  ];
  return folders.flatMap((path): Call[] => [
    { name: "Grep", args: { pattern: "KEY=", path, output_mode: "content" } },
    { name: "Grep", args: { pattern: "first", path, output_mode: "content", "-A": 3 } },
    { name: "Grep", args: { pattern: "KEY", path, output_mode: "files_with_matches", glob: "*" } },
    { name: "Glob", args: { pattern: "**/*", path } },
  ]);
}

async function play(calls: readonly Call[], by: "agent" | "sub-agent"): Promise<string> {
  const { test } = desk;
  const session = (await test.runtime.create({
    workspace: desk.workspace,
    add_dirs: [desk.root],
    agent_mode: "single",
    permission_mode: "bypassPermissions",
  })).session_id;
  const pieces = Array.from(
    { length: Math.ceil(calls.length / 40) },
    (_, piece) => calls.slice(piece * 40, piece * 40 + 40),
  );
  const steps = [...pieces.map((piece) => ({ calls: [...piece] })), { text: "done" }];
  const prompt = script(...steps);
  const message = by === "agent"
    ? prompt
    : script({ calls: [{ name: "Agent", args: { description: "look", prompt } }] }, { text: "done" });
  const { message_id = "" } = await test.send(session, message);
  await test.runtime.turn(session, message_id, AbortSignal.timeout(60_000));
  return session;
}

const callOf = (data: object) => "call_id" in data ? String(data.call_id) : "";

async function results(session: string): Promise<{ finished: number; failed: number; text: string }> {
  const facts = await desk.test.facts(session);
  const of = (type: string) => facts.filter((fact) => fact.type === type);
  return {
    finished: of("call.finished").length,
    failed: of("call.failed").length,
    text: JSON.stringify([...of("call.finished"), ...of("call.failed")]),
  };
}

it.each(["agent", "sub-agent"] as const)(
  "no tool gives the %s a byte of a secret, whatever path and name it is asked by",
  async (by) => {
    const before = await Promise.all(desk.secrets.map((path) => Deno.readTextFile(path)));
    const direct = desk.secrets.flatMap(callsFor);
    const session = await play([...direct, ...searches()], by);
    const { finished, failed, text } = await results(session);
    expect(finished + failed).toBeGreaterThanOrEqual(direct.length + searches().length);
    const leaks = await leaksIn(desk, [session]);
    const after = await Promise.all(desk.secrets.map((path) => Deno.readTextFile(path)));
    const changed = after.filter((content, index) => content !== before[index]).length;
    tally({
      family: "F5",
      what: `files asked for by the ${by}`,
      tried: direct.length + searches().length,
      refused: failed + (text.match(/secrets are kept from tools/g) ?? []).length,
      escapes: leaks + changed,
    });
    expect({ leaks, changed }).toEqual({ leaks: 0, changed: 0 });
    expect(text).toContain("kept from tools");
  },
  60_000,
);

it("the search is as silent without ripgrep as with it, and does not say which secrets would match", async () => {
  const context = {
    workspace: desk.workspace,
    roots: [desk.root],
    secrets: desk.places,
    session: { planFile: "/nonexistent/plan.md" },
    signal: new AbortController().signal,
  };
  const said = [];
  for (const searchPath of [Deno.env.get("PATH") ?? "", ""]) {
    for (const pattern of ["KEY=", canary, "no such text"]) {
      const grep = defineGrep({ searchPath: () => searchPath, aloneFilesMax: 0 });
      const parsed = grep.parse({ pattern, output_mode: "content" });
      if (!parsed.ok) throw new Error(parsed.error);
      // What a search uses of its context is all here.
      const prepared = await parsed.call.prepare(
        context as unknown as Parameters<typeof parsed.call.prepare>[0],
      );
      const outcome = "status" in prepared ? prepared : await prepared.run();
      said.push(outcome.status === "finished" ? outcome.output : outcome.status);
    }
  }
  expect(new Set(said).size).toBe(1);
  expect(said[0]).not.toContain(canary);
});

it("skills, commands and instruction files of a folder that lead to a secret are not read", async () => {
  const { workspace, places, root, home } = desk;
  const secret = join(workspace, ".env");
  await Deno.mkdir(join(workspace, ".git"));
  await Deno.mkdir(join(workspace, ".agents/skills/helper"), { recursive: true });
  await Deno.mkdir(join(workspace, ".claude/commands"), { recursive: true });
  await Deno.symlink(secret, join(workspace, ".claude/commands/show.md"));
  await Deno.link(secret, join(workspace, ".claude/commands/linked.md"));
  await Deno.writeTextFile(
    join(workspace, "AGENTS.md"),
    "Follow @.env and @.env.local and @certs/tls.key and @notes.txt and @copy.txt and @deep/er/.env",
  );
  const skillFile = join(workspace, ".agents/skills/helper/SKILL.md");
  await Deno.writeTextFile(skillFile, "---\nname: helper\ndescription: helps\n---\nHelp.\n");
  const options = { home, configDir: join(root, "config/jamey-code"), secrets: places };
  const instructions = await createInstructions(options)(workspace);
  const commands = await customCommands(workspace, options);
  const skills = createSkills(options);
  expect((await skills(workspace)).skills.map(({ name }) => name)).toEqual(["helper"]);
  // Exchanged after it was listed.
  await Deno.remove(skillFile);
  await Deno.link(secret, skillFile);
  const skill = await createSkillLibrary(skills, places).load(workspace, "helper", "");
  const said = JSON.stringify([instructions, commands, skill]);
  const leaks = said.split(canary).length - 1;
  tally({ family: "F5", what: "files that a folder mentions", tried: 9, refused: 9, escapes: leaks });
  expect(leaks).toBe(0);
  expect(instructions.files.filter(({ status }) => status === "refused")).toHaveLength(6);
  expect([commands.broken.length, skill.ok]).toEqual([2, false]);
});

it("pictures, pages and notebooks under a secret name are kept too; a session's own long output can be read", async () => {
  const { workspace, test } = desk;
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Array(32).fill(1)]);
  await Deno.writeFile(join(workspace, "photo.key"), png);
  await Deno.writeTextFile(join(workspace, "doc.pem"), `%PDF-1.4 ${canary}`);
  await Deno.writeTextFile(join(workspace, "id_rsa.ipynb"), JSON.stringify({ cells: [{ source: canary }] }));
  const session = await test.session();
  await test.turn(
    session,
    script({
      calls: [
        { name: "Read", args: { file_path: "photo.key" } },
        { name: "Read", args: { file_path: "doc.pem" } },
        { name: "Read", args: { file_path: "id_rsa.ipynb" } },
        { name: "Bash", args: { command: "seq 1 20000" } },
      ],
    }, { text: "done" }),
  );
  expect((await results(session)).failed).toBe(3);
  expect(await leaksIn(desk, [session])).toBe(0);
  const { text } = await results(session);
  const [, output = ""] = /all \d+ bytes are in \\"([^"\\]+)\\"/.exec(text) ?? [];
  expect(output).toContain("data/sessions/");
  await test.turn(
    session,
    script({
      calls: [
        { name: "Read", args: { file_path: output, offset: 9_999, limit: 2 } },
        { name: "Grep", args: { pattern: "^12345$", path: output, output_mode: "content" } },
        { name: "Read", args: { file_path: join(output, "../status") } },
        { name: "Grep", args: { pattern: ".", path: join(output, "..") } },
      ],
    }, { text: "done" }),
  );
  const later = (await test.facts(session)).filter(({ type }) =>
    type === "call.finished" || type === "call.failed"
  )
    .slice(-4).sort((one, two) => callOf(one.data) < callOf(two.data) ? -1 : 1);
  expect(later.map(({ type }) => type)).toEqual([
    "call.finished",
    "call.finished",
    "call.failed",
    "call.failed",
  ]);
  expect(JSON.stringify(later[0])).toContain("9999");
  expect(JSON.stringify(later[1])).toContain("12345");
  // Another session has no part in it.
  const other = await test.session();
  await test.turn(
    other,
    script({ calls: [{ name: "Read", args: { file_path: output } }] }, { text: "done" }),
  );
  expect((await results(other)).failed).toBe(1);
});
