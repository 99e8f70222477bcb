// What agents are told from AGENTS.md files: which ones count, in which order, and what is kept out.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { mentionedPaths, mentionsMax } from "../../src/context/imports.ts";
import {
  createInstructions,
  importDepthMax,
  instructionCharsMax,
  instructionFileBytesMax,
  instructionFilesMax,
} from "../../src/context/instructions.ts";
import { remembered } from "../../src/context/remembered.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder();
  await mkdir(folder.at("repo/.git/refs"), { recursive: true });
});
afterEach(() => folder.remove());

const read = (workspace = folder.workspace) => createInstructions(folder)(workspace);
/** The files by their place, with what became of them. */
const files = async (workspace?: string) =>
  (await read(workspace)).files.map(({ path, status }) =>
    `${path.slice(folder.at("").length + 1)} ${status}`
  );

test("nothing written gives no text", async () => {
  expect(await read()).toEqual({ text: "", files: [] });
});

test("files count from the user's own to the closest one, which comes last, and each says where it is from", async () => {
  await folder.put({
    "home/.agents/AGENTS.md": "one",
    "config/AGENTS.md": "two",
    "AGENTS.md": "outside of the repository",
    "repo/AGENTS.md": "three",
    "repo/a/AGENTS.md": "four\n",
    "repo/a/b/c.txt": "",
    "repo/a/b/AGENTS.md": "five",
    "repo/a/b/c/AGENTS.md": "below the workspace",
  });
  const { text } = await read(folder.at("repo/a/b"));
  expect(text).toBe([
    `## From "${folder.at("home/.agents/AGENTS.md")}" (the user's own)\n\none`,
    `## From "${folder.at("config/AGENTS.md")}" (the user's own)\n\ntwo`,
    `## From "${folder.at("repo/AGENTS.md")}" (of the repository)\n\nthree`,
    `## From "${folder.at("repo/a/AGENTS.md")}" (of the repository)\n\nfour`,
    `## From "${folder.at("repo/a/b/AGENTS.md")}" (of the repository)\n\nfive`,
  ].join("\n\n"));
});

test("an override stands for AGENTS.md, and CLAUDE.md is read only where neither lies beside it", async () => {
  await folder.put({
    "repo/AGENTS.override.md": "mine",
    "repo/AGENTS.md": "theirs",
    "repo/CLAUDE.md": "old",
    "repo/a/CLAUDE.md": "only",
  });
  expect(await files(folder.at("repo/a"))).toEqual(["repo/AGENTS.override.md read", "repo/a/CLAUDE.md read"]);
});

test("outside of a repository only the workspace itself is looked at", async () => {
  await rm(folder.at("repo/.git"), { recursive: true });
  await folder.put({ "repo/AGENTS.md": "above", "repo/a/AGENTS.md": "here" });
  expect(await files(folder.at("repo/a"))).toEqual(["repo/a/AGENTS.md read"]);
});

test("mentioned files are read along, once, also in circles, and up to a depth", async () => {
  const chain = Object.fromEntries(
    Array.from({ length: importDepthMax + 1 }, (_, n) => [`repo/docs/${n}.md`, `level ${n} @${n + 1}.md`]),
  );
  await folder.put({
    ...chain,
    "repo/AGENTS.md": "See @docs/0.md, and @AGENTS.md. Not @nobody or @types/node",
  });
  expect(await files()).toEqual([
    "repo/AGENTS.md read",
    ...Array.from({ length: importDepthMax }, (_, n) => `repo/docs/${n}.md read`),
  ]);
  expect((await read()).text).toContain(
    `## From "${folder.at("repo/docs/0.md")}" (mentioned in "${folder.at("repo/AGENTS.md")}")`,
  );
});

test("links and mentions that lead out of the repository are refused and nothing of them is shown", async () => {
  await folder.put({ "secret.md": "SECRET", "repo/AGENTS.md": "@../secret.md @link.md @sub" });
  await symlink(folder.at("secret.md"), folder.at("repo/link.md"));
  await mkdir(folder.at("repo/sub"));
  await symlink(folder.at("secret.md"), folder.at("repo/sub/AGENTS.md"));
  const found = await read(folder.at("repo/sub"));
  expect(found.text).not.toContain("SECRET");
  expect(found.files.filter(({ status }) => status === "refused").map(({ why }) => why)).toEqual(
    Array(3).fill(`it leads out of "${folder.workspace}"`),
  );
});

test("a folder inside a home folder that is itself a repository reads nothing of the home", async () => {
  await folder.put({
    "home/.git/HEAD": "ref: refs/heads/main\n",
    "home/AGENTS.md": "of the dotfiles",
    "home/.ssh/id": "SECRET",
    "home/down/AGENTS.md": "theirs @../.ssh/id",
  });
  const before = Deno.env.get("HOME");
  Deno.env.set("HOME", folder.home);
  try {
    const { text } = await read(folder.at("home/down"));
    expect(text).toContain("theirs");
    expect(text).not.toContain("SECRET");
    expect(text).not.toContain("of the dotfiles");
    expect(await files(folder.home)).toEqual(["home/AGENTS.md read"]);
  } finally {
    if (before === undefined) Deno.env.delete("HOME");
    else Deno.env.set("HOME", before);
  }
});

test("the user's own file may be a link, and mentions what lies beside it only", async () => {
  await folder.put({
    "dotfiles/AGENTS.md": "mine @more.md @../secret.md",
    "dotfiles/more.md": "more",
    "secret.md": "SECRET",
  });
  await mkdir(folder.at("home/.agents"));
  await symlink(folder.at("dotfiles/AGENTS.md"), folder.at("home/.agents/AGENTS.md"));
  const { text } = await read();
  expect(text).toContain("more");
  expect(text).not.toContain("SECRET");
});

test("binary files, pipes and folders of that name are refused without waiting", async () => {
  await folder.put({ "repo/AGENTS.md": "a\0b" });
  expect((await read()).files).toEqual([{
    path: folder.at("repo/AGENTS.md"),
    status: "refused",
    why: "it is a binary file",
  }]);
  await rm(folder.at("repo/AGENTS.md"));
  await new Deno.Command("mkfifo", { args: [folder.at("repo/AGENTS.md")] }).output();
  expect(await files()).toEqual(["repo/AGENTS.md refused"]);
  await rm(folder.at("repo/AGENTS.md"));
  await mkdir(folder.at("repo/AGENTS.md"));
  expect((await read()).text).toContain("[left out: it is not a regular file]");
});

test(`a file of more than ${instructionFileBytesMax} bytes is cut at a whole character, and says so`, async () => {
  await folder.put({ "repo/AGENTS.md": "ä".repeat(instructionFileBytesMax / 2) });
  expect(await files()).toEqual(["repo/AGENTS.md read"]);
  await folder.put({ "repo/AGENTS.md": `x${"ä".repeat(instructionFileBytesMax / 2)}` });
  expect(await files()).toEqual(["repo/AGENTS.md cut"]);
  const { text } = await read();
  expect(text).toContain(`ä\n[cut: it has more than ${instructionFileBytesMax} bytes]`);
  expect(text).not.toContain("\ufffd");
});

test("when all together are too long, the farthest are left out and named", async () => {
  const depth = instructionCharsMax / instructionFileBytesMax;
  const path = (n: number) => `repo/${"a/".repeat(n)}`;
  const long = "x".repeat(instructionFileBytesMax);
  await folder.put(
    Object.fromEntries(Array.from({ length: depth + 1 }, (_, n) => [`${path(n)}AGENTS.md`, long])),
  );
  const found = await read(folder.at(path(depth)).replace(/\/$/, ""));
  expect(found.files.map(({ status }) => status)).toEqual(["left_out", ...Array(depth).fill("read")]);
  expect(found.text).toContain("[left out: there is too much text closer to the workspace]");
});

test(`no more than ${instructionFilesMax} files are read`, async () => {
  const names = Array.from({ length: instructionFilesMax + 5 }, (_, n) => `m${n}.md`);
  const half = (from: number) => names.slice(from, from + 40).map((name) => `@${name}`).join(" ");
  await folder.put(Object.fromEntries(names.map((name) => [`repo/${name}`, name])));
  await folder.put({ "repo/AGENTS.md": `@x.md @y.md`, "repo/x.md": half(0), "repo/y.md": half(40) });
  expect(await files()).toHaveLength(instructionFilesMax);
});

test("mentions are words that begin with an at sign, and none of those in code", () => {
  const text = "@a.md, (@no) me@example.org `@code.md`\n```\n@fenced.md\n```\n  @b/c.md. @a.md";
  expect(mentionedPaths(text)).toEqual(["a.md", "b/c.md"]);
  const many = Array.from({ length: mentionsMax + 1 }, (_, n) => `@f${n}`);
  expect(mentionedPaths(many.join(" "))).toHaveLength(mentionsMax);
  // Longer than any path, and once the work of many minutes.
  expect(mentionedPaths(`@${".".repeat(400_000)}x @a.md`)).toEqual(["a.md"]);
});

test("a changed, new or removed file is read anew, and an unchanged one is not", async () => {
  await folder.put({ "repo/AGENTS.md": "one @more.md" });
  const past = new Date(Date.now() - 60_000);
  const instructions = createInstructions(folder);
  const text = async () => (await instructions(folder.workspace)).text;
  expect(await text()).toContain("one");
  await folder.put({ "repo/more.md": "more" });
  expect(await text()).toContain("more");
  await writeFile(folder.at("repo/more.md"), "less");
  expect(await text()).toContain("less");
  await utimes(folder.at("repo/more.md"), past, past);
  await rm(folder.at("repo/more.md"));
  expect(await text()).not.toContain("less");
  await folder.put({ "repo/AGENTS.override.md": "two" });
  expect(await text()).toContain("two");
});

test("what depends on files is computed once while they stay as they are", async () => {
  await folder.put({ "repo/a": "one" });
  // Files that are as new as this are not trusted to show their next change.
  await new Promise((resolve) => setTimeout(resolve, 150));
  let computed = 0;
  const ask = remembered(2, (key, watch) => {
    watch(folder.at(key));
    watch(folder.at("repo/none"));
    return Promise.resolve(computed += 1);
  });
  expect([await ask("repo/a"), await ask("repo/a")]).toEqual([1, 1]);
  await folder.put({ "repo/none": "now there is" });
  expect(await ask("repo/a")).toBe(2);
  await new Promise((resolve) => setTimeout(resolve, 150));
  // Whether it was trusted at once depends on how long all this took.
  const settled = await ask("repo/a");
  expect(await ask("repo/a")).toBe(settled);
  await ask("repo/b");
  await ask("repo/c");
  expect(await ask("repo/a")).toBe(settled + 3);
});
