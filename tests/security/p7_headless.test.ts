// P7: with nobody there, what a folder brings along is never trusted by itself. A run that would act unasked does not begin,
// with exit code 4 and the names; one that asks goes on without it, and says so.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import { type Ended, jamey } from "../cli/program.ts";
import { oneHook } from "../hooks/folder.ts";
import { type DaemonProcess, removeFolder, startDaemonProcess } from "../support/daemon.ts";
import { tally } from "../support/tally.ts";

let home: string;
let dataDir: string;
let env: Record<string, string>;
let daemon: DaemonProcess;

beforeAll(async () => {
  home = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-headless-" }));
  dataDir = join(home, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
  daemon = await startDaemonProcess({ dataDir, env });
});
afterAll(async () => {
  await daemon.end("SIGKILL");
  await removeFolder(home);
});

const atOnce = 6;
const acting = ["acceptEdits", "auto", "bypassPermissions"];
const asking = ["default", "plan", "dontAsk"];
/** What a folder may bring along, in a first and in a second form. */
const kinds = {
  "hook:.claude/settings.json": [
    ".claude/settings.json",
    (form: number) => oneHook("SessionStart", `touch ran${form}`),
  ],
  "hook:.jamey/settings.json": [
    ".jamey/settings.json",
    (form: number) => oneHook("SessionStart", `touch ran${form}`),
  ],
  "mcp_server:evil": [
    ".mcp.json",
    (form: number) => ({ mcpServers: { evil: { command: "touch", args: [`ran${form}`] } } }),
  ],
  "permission_rules:.claude/settings.json": [
    ".claude/settings.json",
    (form: number) => ({ permissions: { allow: [`Bash(touch ran${form})`] } }),
  ],
} as const;

function folderWith(name: string, kind: keyof typeof kinds, form: number): string {
  const folder = join(home, name);
  const [file, content] = kinds[kind];
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), JSON.stringify(content(form)));
  return folder;
}

const run = (cwd: string, mode: string) =>
  jamey(dataDir, ["run", "hello", "--permission-mode", mode, "--output-format", "json"], { cwd, env });

/** A few programs at a time. */
async function sideBySide<T>(cases: readonly T[], check: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < cases.length; at += atOnce) {
    await Promise.all(cases.slice(at, at + atOnce).map(check));
  }
}

async function factsOf({ stdout }: Ended): Promise<string[]> {
  const { session_id: id } = JSON.parse(stdout);
  const { events } = await daemon.request<{ events: EventEnvelope[] }>(
    "GET",
    `/sessions/${id}/events?after=0`,
  );
  return events.map(({ type }) => type);
}

it(
  "a run that would act unasked ends with exit code 4 where something was never looked at, or has changed",
  async () => {
    const cases = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind, at) =>
      ["new", "changed"].flatMap((how) => acting.map((mode) => ({ kind, how, mode, name: `${how}-${at}` })))
    );
    for (const { kind, how, name, mode } of cases) {
      if (mode !== acting[0]) continue;
      const folder = folderWith(name, kind, 1);
      if (how !== "changed") continue;
      const query = new URLSearchParams({ workspace: folder });
      const { digest } = await daemon.request<{ digest: string }>("GET", `/trust?${query}`);
      await daemon.request("POST", "/trust", { workspace: folder, digest });
      folderWith(name, kind, 2);
    }
    const escaped: string[] = [];
    await sideBySide(cases, async ({ kind, how, mode, name }) => {
      const ended = await run(join(home, name), mode);
      const refused = ended.code === 4 && ended.stderr.includes(kind) &&
        ended.stderr.includes("jamey trust") &&
        JSON.parse(ended.stdout).session_id === null && JSON.parse(ended.stdout).is_error === true;
      if (!refused) escaped.push(`${how} ${kind} in ${mode}: ${ended.code} ${ended.stderr}`);
    });
    const { sessions } = await daemon.request<{ sessions: { workspace: string }[] }>("GET", "/sessions");
    const folders = new Set(cases.map(({ name }) => join(home, name)));
    expect(sessions.filter(({ workspace }) => folders.has(workspace))).toEqual([]);
    const refused = cases.length - escaped.length;
    tally({
      family: "P7",
      what: "runs that act unasked",
      tried: cases.length,
      refused,
      escapes: escaped.length,
    });
    expect(escaped).toEqual([]);
  },
  60_000,
);

it("a run that asks goes on without what was never looked at, and says so", async () => {
  const cases = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind, at) =>
    asking.map((mode) => ({ kind, mode, name: `asks-${at}` }))
  );
  const escaped: string[] = [];
  await sideBySide(cases, async ({ kind, mode, name }) => {
    const ended = await run(folderWith(name, kind, 1), mode);
    const facts = await factsOf(ended);
    const isWithout = ended.code === 0 && ended.stderr.includes("waits for approval and is not used") &&
      facts.includes("turn.ended") && !facts.includes("hook.ran");
    const ran = await Deno.stat(join(home, name, "ran1")).then(() => true, () => false);
    if (!isWithout || ran) escaped.push(`${kind} in ${mode}: ${ended.code} ${ended.stderr}`);
  });
  const refused = cases.length - escaped.length;
  tally({
    family: "P7",
    what: "runs that ask, without it",
    tried: cases.length,
    refused,
    escapes: escaped.length,
  });
  expect(escaped).toEqual([]);
}, 60_000);

it("nobody approves by being absent, and a folder that was looked at is worked in", async () => {
  const folder = folderWith("looked-at", "hook:.claude/settings.json", 1);
  const inFolder = { cwd: folder, env };
  expect((await jamey(dataDir, ["trust"], inFolder)).code).toBe(4);
  expect((await jamey(dataDir, ["trust"], { ...inFolder, stdin: "y\ny\n" })).code).toBe(4);
  expect((await run(folder, "acceptEdits")).code).toBe(4);
  expect((await jamey(dataDir, ["trust", "--yes"], inFolder)).code).toBe(0);
  expect((await run(folder, "acceptEdits")).code).toBe(0);
  expect((await jamey(dataDir, ["trust", "--withdraw"], inFolder)).code).toBe(0);
  expect((await run(folder, "acceptEdits")).code).toBe(4);
});
