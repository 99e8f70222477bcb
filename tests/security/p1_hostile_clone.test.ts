// P1: a repository in which every project file is hostile is opened, listed and worked in. Until a person has approved
// what it brings along, nothing of it runs, nothing connects to where it points, and no setting changes.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { OutsideView, SessionView } from "../../src/protocol/http.ts";
import { jamey } from "../cli/program.ts";
import { type DaemonProcess, removeFolder, startDaemonProcess, until } from "../support/daemon.ts";
import { type Hostile, writeHostileFolder } from "../support/hostile_folder.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { tally } from "../support/tally.ts";

const canary = "canary-7d1f0c2a9b";
let folder: string;
let workspace: string;
let dataDir: string;
let env: Record<string, string>;
let hostile: Hostile;
let model: ModelServer;
let daemon: DaemonProcess;
let listener: Deno.HttpServer<Deno.NetAddr>;
/** Every request that reached the address which the folder names. */
const reached: string[] = [];

beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-hostile-" }));
  [workspace, dataDir] = [join(folder, "clone"), join(folder, "data")];
  await Deno.mkdir(workspace);
  await Deno.mkdir(dataDir);
  chmodSync(dataDir, 0o700);
  listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    reached.push(`${request.url} ${JSON.stringify([...request.headers])} ${await request.text()}`);
    return new Response("no", { status: 404 });
  });
  const stubs = join(folder, "stubs");
  hostile = writeHostileFolder({
    workspace,
    stubs,
    log: join(folder, "marks"),
    url: `http://127.0.0.1:${listener.addr.port}/evil`,
  });
  model = startModelServer({
    // The first answer works through the folder as an agent would; the words end the turn.
    reply: ({ messages }) =>
      answer(
        messages.some(({ role }) => role === "tool")
          ? { text: "done" }
          : { calls: messages.at(-1)?.content?.includes(obey) ? obeying : calls },
      ),
  });
  env = {
    PATH: `${stubs}:${Deno.env.get("PATH") ?? ""}`,
    HOME: join(folder, "home"),
    XDG_CONFIG_HOME: join(folder, "home", ".config"),
    OPENAI_API_KEY: canary,
    LLM_BASE_URL: model.url,
    LLM_MODEL: "good",
  };
  await Deno.mkdir(env.XDG_CONFIG_HOME ?? "", { recursive: true });
  daemon = await startDaemonProcess({ dataDir, env, cwd: workspace });
});
afterAll(async () => {
  await daemon.end("SIGKILL");
  await Promise.all([listener.shutdown(), model.close()]);
  await removeFolder(folder);
});

const calls = [
  { name: "Read", args: { file_path: "AGENTS.md" } },
  { name: "Glob", args: { pattern: "**/*" } },
  { name: "Grep", args: { pattern: "evil" } },
  { name: "Skill", args: { skill: "evil", args: "now" } },
  { name: "mcp__absolute__run", args: {} },
  { name: "Agent", args: { description: "deep", prompt: "look around", subagent_type: "evil" } },
];

const obey = "do as the skill says";
/** What its text, its head and the folder's rules would allow. */
const obeying = [
  { name: "Skill", args: { skill: "evil", args: "now" } },
  { name: "Bash", args: { command: "./evil.sh obeyed" } },
  { name: "Bash", args: { command: "npm test" } },
  { name: "Write", args: { file_path: "planted.txt", content: "evil" } },
  { name: "WebFetch", args: { url: "http://127.0.0.1:9/", prompt: "x" } },
];

async function turn(
  message: string,
  mode?: "dontAsk",
): Promise<{ id: string; view: SessionView; events: EventEnvelope[] }> {
  const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", {
    workspace,
    ...(mode === undefined ? {} : { permission_mode: mode }),
  });
  await daemon.request("POST", `/sessions/${id}/messages`, { message });
  const events = await until("the end of the turn", async () => {
    const page = await daemon.request<{ events: EventEnvelope[] }>(
      "GET",
      `/sessions/${id}/events?after=0&limit=1000`,
    );
    return page.events.some(({ type, actor }) => type === "turn.ended" && actor === "main")
      ? page.events
      : null;
  });
  return { id, view: await daemon.request<SessionView>("GET", `/sessions/${id}`), events };
}

it("a clone that is hostile in every file is opened, listed and worked in, and nothing of it takes effect", async () => {
  const query = new URLSearchParams({ workspace });
  const looks = ["tools", "trust", "commands"].map((path) => `/${path}?${query}`);
  for (const path of [...looks, "/models", "/trust/approvals"]) await daemon.request("GET", path);
  const expanded = await daemon.request<{ text: string }>("POST", "/commands/evil", {
    workspace,
    args: "now",
  });
  const words = [
    ["tools"],
    ["trust", "--json"],
    ["trust", "list"],
    ["doctor"],
    ["sessions"],
    ["models"],
    ["config", "check"],
    ["run", "look around"],
    ["run", "-c", "and again"],
  ];
  for (const args of words) await jamey(dataDir, args, { cwd: workspace, env });
  const { view, events } = await turn(expanded.text);
  const { summary } = view.state;

  const running = hostile.marks();
  const changed = [
    summary.permission_mode === "default" ? [] : [`mode ${summary.permission_mode}`],
    summary.provider === "openai" && summary.model === "good"
      ? []
      : [`model ${summary.provider}/${summary.model}`],
    model.requests.every(({ body }) => body.model === "good") ? [] : ["the model that was asked"],
    events.some(({ type }) => type === "hook.ran") ? ["a hook ran"] : [],
    events.some(({ type, data }) => type === "call.started" && String(data.name).startsWith("mcp__"))
      ? ["a server's tool ran"]
      : [],
  ].flat();
  const escapes = running.length + reached.length + changed.length;
  tally({
    family: "P1",
    what: "files of a hostile clone that is opened, listed and worked in",
    tried: hostile.files,
    refused: hostile.files - escapes,
    escapes,
  });
  expect({ running, reached, changed }).toEqual({ running: [], reached: [], changed: [] });
  // The model has seen the folder: it was worked in, not refused as a whole.
  expect(events.filter(({ type }) => type === "call.finished").map(({ data }) => data.name)).toEqual(
    expect.arrayContaining(["Read", "Glob", "Grep", "Skill"]),
  );
  expect(expanded.text).toContain("evil.sh in a text");
});

it("what a skill, a command and the folder's rules would allow is allowed to nobody who obeys them", async () => {
  const { events } = await turn(obey, "dontAsk");
  const asked = obeying.filter(({ name }) => name !== "Skill").map(({ name }) => name).sort();
  const denied = events.filter(({ type }) => type === "call.denied").map(({ data }) => String(data.name))
    .sort();
  const ran = hostile.marks();
  const escapes = asked.length - denied.length + ran.length;
  tally({
    family: "P1",
    what: "calls that unapproved rules and heads of skills would allow",
    tried: asked.length,
    refused: denied.length,
    escapes,
  });
  expect({ denied, ran }).toEqual({ denied: asked, ran: [] });
  expect(events.some(({ type, data }) => type === "call.finished" && data.name === "Skill")).toBe(true);
});

it("what the folder brings along works once it is approved, so the marks are real, and stops when that is taken back", async () => {
  const query = new URLSearchParams({ workspace });
  const shown = await daemon.request<{ items: OutsideView[]; digest: string }>("GET", `/trust?${query}`);
  expect(shown.items.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expect.arrayContaining([
    "hook .claude/settings.json",
    "hook .jamey/settings.json",
    "mcp_server absolute",
    "mcp_server http",
  ]));
  expect(shown.items.every(({ standing }) => standing === "unknown")).toBe(true);
  await daemon.request("POST", "/trust", { workspace, digest: shown.digest });
  await turn("look around");
  expect(hostile.marks().join("\n")).toMatch(/hook (SessionStart|UserPromptSubmit|PreToolUse)/);
  expect(hostile.marks().join("\n")).toContain("evil.sh");
  expect(reached.length).toBeGreaterThan(0);
  // Keys of the daemon are not the folder's, even then.
  expect(JSON.stringify(reached)).not.toContain(canary);

  const { withdrawn } = await daemon.request<{ withdrawn: number }>("DELETE", "/trust", { workspace });
  expect(withdrawn).toBe(shown.items.length);
  const before = hostile.marks().length;
  const { events } = await turn("look around");
  expect(hostile.marks().slice(before)).toEqual([]);
  expect(events.filter(({ type }) => type === "hook.ran")).toEqual([]);
});
