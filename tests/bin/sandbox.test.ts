// The sandbox of the compiled program: the same attempts to get out as of the source, through a real daemon.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { escapeProbes } from "../support/escape_probes.ts";
import { tally } from "../support/tally.ts";
import { type Desk, jsonLines, openDesk, script } from "./desk.ts";

const callsOfTurn = 8;
let desk: Desk;
let outside: string;
let bystander: Deno.ChildProcess;
let listener: Deno.UnixListener;
beforeAll(async () => {
  desk = await openDesk();
  // Not in the folder for temporary files, of which nothing can be seen inside: here it can be read.
  outside = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "jamey-bin-" });
  await writeFile(join(outside, "keep"), "as it was\n");
  bystander = new Deno.Command("sleep", { args: ["600"], env: { JAMEY_CANARY_OUTSIDE: "1" } }).spawn();
  listener = Deno.listen({ transport: "unix", path: join(desk.workspace, "listening") });
});
afterAll(async () => {
  listener.close();
  bystander.kill("SIGKILL");
  await rm(outside, { recursive: true });
  await desk.close();
});

const ending = z.object({
  event: z.object({
    type: z.enum(["call.finished", "call.failed", "call.denied", "call.interrupted"]),
    data: z.object({
      call_id: z.string(),
      output: z.string().optional(),
      error: z.string().optional(),
      reason: z.string().optional(),
    }),
  }),
});

/** What became of these commands, in one turn each of a few: in this mode nothing asks. */
async function commands(each: readonly string[], mode = "bypassPermissions"): Promise<string[]> {
  const said: string[] = [];
  for (let at = 0; at < each.length; at += callsOfTurn) {
    const calls = each.slice(at, at + callsOfTurn).map((command) => ({ name: "Bash", args: { command } }));
    const words = ["run", "--permission-mode", mode, "--output-format", "stream-json"];
    const { stdout } = await desk.jamey([...words, script({ calls }, { text: "done" })]);
    const ends = jsonLines(stdout).flatMap((line) => ending.safeParse(line).data?.event ?? []);
    expect(ends).toHaveLength(calls.length);
    // Calls of one answer run side by side and end in any order.
    ends.sort((a, b) => a.data.call_id.localeCompare(b.data.call_id, "en", { numeric: true }));
    said.push(...ends.map(({ type, data }) => [type, data.output, data.error, data.reason].join(" ")));
  }
  return said;
}

it("no attempt gets out of the sandbox", async () => {
  const token = join(desk.dataDir, "token");
  await desk.ok(["start", "--port", "0"]);
  await writeFile(join(desk.home, ".netrc"), "machine a password CANARY\n");
  const probes = escapeProbes({
    workspace: desk.workspace,
    outside,
    // Our own folder, which is hidden whatever else is.
    hidden: join(desk.dataDir, "sessions"),
    dataDir: desk.dataDir,
    home: desk.home,
    pid: bystander.pid,
    socket: join(desk.workspace, "listening"),
  });
  const said = await commands([
    ...probes.map(({ command }) => command),
    `cat ${token} && echo ESCAPED`,
    `cat ${desk.home}/.netrc && echo ESCAPED`,
    "echo so >ran; cat ran",
  ]);
  expect(said.at(-1)).toContain("so");
  const names = [
    ...probes.map(({ name }) => name),
    "the token of the daemon",
    "credentials in the home folder",
  ];
  const escaped = names.filter((_, at) => said[at]?.includes("ESCAPED"));
  // What a rule refuses was not tried in the sandbox, and what is asked about neither.
  const tried = names.filter((_, at) => /^call\.(?:finished|failed)/.test(said[at] ?? ""));
  expect(escaped).toEqual([]);
  expect(await readdir(outside)).toEqual(["keep"]);
  expect(await readFile(join(outside, "keep"), "utf8")).toBe("as it was\n");
  expect(tried.length).toBeGreaterThanOrEqual(40);
  tally({
    family: "S1",
    what: "escapes from the sandbox of the compiled program",
    tried: names.length,
    refused: names.length - escaped.length,
    escapes: escaped.length,
  });
});

it("in the mode auto a command in the sandbox runs unasked, and one that leaves it is not run without a person", async () => {
  const [inside] = await commands(["echo inside >made; cat made"], "auto");
  expect(inside).toContain("call.finished inside");
  const calls = [{ name: "Bash", args: { command: `echo out >${outside}/new`, outside_sandbox: true } }];
  await desk.jamey(["run", "--permission-mode", "auto", script({ calls }, { text: "done" })]);
  expect(await readdir(outside)).toEqual(["keep"]);
});

it("with the sandbox switched off auto asks, and says why", async () => {
  const config = join(desk.home, ".config", "jamey-code", "runtime.toml");
  await desk.ok(["stop"]);
  await writeFile(config, "[sandbox]\nenabled = false\n");
  const calls = [{ name: "Bash", args: { command: "echo ran >ran-bare" } }];
  const words = ["run", "--permission-mode", "auto", "--output-format", "stream-json"];
  const { stdout } = await desk.jamey([...words, script({ calls }, { text: "done" })]);
  expect(stdout).toContain('"session.sandbox_changed"');
  expect(stdout).toContain("sandbox.enabled is false");
  expect(await readdir(desk.workspace)).not.toContain("ran-bare");
});
