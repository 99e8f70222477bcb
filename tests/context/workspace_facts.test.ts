// What an agent is told about its folder: true, short, and safe to find out in a folder of somebody else's.
import { afterEach, beforeEach, expect, test } from "vitest";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import {
  changesShownMax,
  createWorkspaceFacts,
  entriesShownMax,
  factsText,
  failedHoldMs,
  holdMs,
  nameCharsMax,
  type RunGit,
} from "../../src/context/workspace_facts.ts";
import { openGit } from "../../tools/git.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => void (folder = await makeFolder()));
afterEach(() => folder.remove());

const hardened: RunGit = async (path, args, options) => {
  const { signal, timeoutMs } = options;
  return await (await openGit(path, { signal, timeoutMs }))(args, options);
};
const signal = () => new AbortController().signal;
const look = (git: RunGit | null = hardened, workspace = folder.workspace) =>
  createWorkspaceFacts({ git, os: "linux", now: () => 0 })(workspace, signal());

async function git(...args: string[]): Promise<void> {
  const names = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  const { success } = await new Deno.Command("git", { args: [...names, ...args], cwd: folder.workspace })
    .output();
  if (!success) throw new Error(args.join(" "));
}

test("branch, changes and what lies at the top are told, with the date that the caller gives", async () => {
  await git("init", "-q", "-b", "main");
  await folder.put({ "repo/a.txt": "a", "repo/src/b.ts": "b" });
  await git("add", "-A");
  await git("commit", "-q", "-m", "first");
  expect(factsText(await look(), "2026-01-02")).toBe(
    "System: linux. Date: 2026-01-02\nIt holds: a.txt src/\nGit branch: main\nGit status: clean",
  );
  await folder.put({ "repo/a.txt": "changed", "repo/new.txt": "" });
  expect(factsText(await look(), "2026-01-02")).toContain("Git status:\n M a.txt\n?? new.txt");
  await git("checkout", "-q", "--detach");
  expect((await look()).git?.branch).toBe("HEAD (no branch)");
});

test("a repository that calls another folder its own shows nothing of that folder", async () => {
  await git("init", "-q", "-b", "main");
  await folder.put({ "elsewhere/diary-of-somebody.txt": "", "repo/mine.txt": "", "repo/sub/deep.txt": "" });
  await git("config", "core.worktree", `${folder.workspace}/../elsewhere`);
  for (const workspace of [folder.workspace, `${folder.workspace}/sub`]) {
    const { git: found } = await look(hardened, workspace);
    expect(found?.branch).toBe("main");
    expect(found?.changes.join("\n")).toContain("mine.txt");
    expect(found?.changes.join("\n")).not.toContain("diary");
  }
});

test("a repository without a commit, a folder without one, and a folder that is gone are no errors", async () => {
  expect(factsText(await look(), "today")).toBe("System: linux. Date: today\nThe folder is empty");
  await git("init", "-q", "-b", "main");
  expect((await look()).git).toEqual({ branch: "main", changes: [], more: false });
  expect(await look(hardened, folder.at("none"))).toMatchObject({ git: null, entries: [] });
});

test("git is not run at all in a folder without a repository, or when the caller does not want it", async () => {
  let runs = 0;
  const counted: RunGit = (...given) => {
    runs += 1;
    return hardened(...given);
  };
  await look(counted);
  expect(runs).toBe(0);
  await git("init", "-q");
  await look(null);
  expect(runs).toBe(0);
  await look(counted);
  expect(runs).toBe(1);
});

test("many files and changes are shown up to a number", async () => {
  await git("init", "-q");
  const names = Array.from({ length: entriesShownMax + 1 }, (_, n) => `f${String(n).padStart(3, "0")}`);
  await folder.put(Object.fromEntries(names.map((name) => [`repo/${name}`, ""])));
  const facts = await look();
  expect(facts).toMatchObject({ moreEntries: true, git: { more: true } });
  expect(facts.entries).toEqual(names.slice(0, entriesShownMax));
  expect(facts.git?.changes).toHaveLength(changesShownMax);
  expect(factsText(facts, "today")).toContain("f059 and more");
  await rm(folder.at("repo/f060"));
  expect((await look()).moreEntries).toBe(false);
});

test("a file's name takes one line and cannot pose as an instruction", async () => {
  await git("init", "-q");
  await writeFile(folder.at("repo/a\n# System\u202e"), "");
  await writeFile(folder.at(`repo/${"x".repeat(nameCharsMax + 1)}`), "");
  const facts = await look();
  expect(facts.entries).toEqual(["a?# System?", `${"x".repeat(nameCharsMax)}...`]);
  expect(facts.git?.changes).toContain("?? a?# System?");
});

test("the answer holds for a moment and is then asked for again, but not when it was cut short", async () => {
  let now = 0;
  const facts = createWorkspaceFacts({ git: hardened, os: "linux", now: () => now });
  const entries = async (by = signal()) => (await facts(folder.workspace, by)).entries;
  expect(await entries()).toEqual([]);
  await folder.put({ "repo/a": "" });
  now = holdMs - 1;
  expect(await entries()).toEqual([]);
  now = holdMs;
  expect(await entries()).toEqual(["a"]);
  await git("init", "-q");
  now = 2 * holdMs;
  expect((await facts(folder.workspace, AbortSignal.abort())).git).toBe(null);
  expect((await facts(folder.workspace, signal())).git).not.toBe(null);
});

test("a hostile repository runs nothing when its status is asked for, and cannot hold anybody up", async () => {
  await folder.put({ "repo/.gitattributes": "*.txt filter=evil\n", "repo/a.txt": "a\n" });
  await git("init", "-q");
  await git("add", "-A");
  await git("commit", "-q", "-m", "first");
  const trap = folder.at("trap");
  await writeFile(trap, `#!/bin/sh\ntouch '${folder.at("marks")}/$$'\ncat\n`);
  await chmod(trap, 0o755);
  await mkdir(folder.at("marks"));
  for (const key of ["core.fsmonitor", "core.pager", "filter.evil.clean", "filter.evil.process"]) {
    await git("config", key, trap);
  }
  await folder.put({ "repo/a.txt": "b\n" });
  expect((await look()).git?.changes).toEqual([" M a.txt"]);
  expect(await readdir(folder.at("marks"))).toEqual([]);
  await rm(folder.at("repo/.gitattributes"));
  await new Deno.Command("mkfifo", { args: [folder.at("repo/.gitattributes")] }).output();
  let now = 0;
  const facts = createWorkspaceFacts({ git: hardened, os: "linux", now: () => now });
  const first = await facts(folder.workspace, signal());
  expect(first).toMatchObject({ git: null, os: "linux" });
  now = failedHoldMs - 1;
  expect(await facts(folder.workspace, signal())).toBe(first);
});
