// Glob and Grep over real folders.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openFolderReader } from "../../tools/folder_reader.ts";
import { globResultsMax, globTool } from "../../tools/glob.ts";
import { grepTool } from "../../tools/grep.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

async function put(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(space.dir, name)), { recursive: true });
    await writeFile(join(space.dir, name), text);
  }
}
const glob = async (pattern: string, path?: string) =>
  textOf(await runTool(globTool, path ? { pattern, path } : { pattern }, space.context()));
const grep = async (pattern: string, more: Record<string, string | number | boolean> = {}) =>
  textOf(await runTool(grepTool, { pattern, ...more }, space.context()));

test("Glob finds files by pattern, sorted, at any depth", async () => {
  await put({ "b.ts": "", "a/c.ts": "", "a/d.js": "", ".github/ci.yml": "" });
  expect(await glob("**/*.ts")).toBe("a/c.ts\nb.ts");
  expect(await glob("*.ts")).toBe("b.ts");
  expect(await glob("**/*.{ts,js}", "a")).toBe("a/c.ts\na/d.js");
  expect(await glob("**/*.yml")).toBe(".github/ci.yml");
  expect(await glob("**/*.rs")).toBe("No files found");
});

test("Glob leaves out .git, node_modules and ignored files, with nested and negated rules", async () => {
  await put({
    ".gitignore": "*.log\n/build/\n",
    "sub/.gitignore": "!keep.log\n*.tmp\n",
    ".git/x.log": "",
    "node_modules/m/y.ts": "",
    "build/z.ts": "",
    "a.log": "",
    "sub/keep.log": "",
    "sub/b.tmp": "",
    "sub/ok.ts": "",
  });
  expect(await glob("**/*")).toBe(".gitignore\nsub/.gitignore\nsub/keep.log\nsub/ok.ts");
  expect(await glob("**/*.log", "sub")).toBe("sub/keep.log");
});

test("Glob stops at its maximum and says so", async () => {
  await Promise.all(
    Array.from({ length: globResultsMax + 5 }, (_, n) => writeFile(join(space.dir, `f${n}`), "")),
  );
  const outcome = await runTool(globTool, { pattern: "*" }, space.context());
  expect(outcome).toMatchObject({ status: "finished", truncated: true });
  expect(textOf(outcome)).toContain(`[stopped at ${globResultsMax} files`);
});

test.each(["../*", "/etc/*", "a/../../*", "{../x,y}", "{a,..}/*"])(
  "Glob refuses the pattern %s",
  async (pattern) => {
    expect(await glob(pattern)).toContain("leaves the folder");
  },
);

test("searches stay inside the workspace, also through links", async () => {
  await writeFile(join(space.outside, "secret.txt"), "password");
  await symlink(space.outside, join(space.dir, "link"));
  await symlink(join(space.outside, "secret.txt"), join(space.dir, "file-link"));
  expect(await grep("password")).toBe("No matches found");
  expect(await grep("password", { path: "link" })).toContain("outside the workspace");
  expect(await grep("password", { path: "file-link" })).toContain("outside the workspace");
  expect(await glob("**/secret*")).toBe("No files found");
  expect(await glob("*", "..")).toContain("outside the workspace");
});

test("a link put in the place of a file or of a folder above is not read", async () => {
  await put({ "a/b/f.txt": "inside" });
  await mkdir(join(space.outside, "b"));
  await writeFile(join(space.outside, "b", "f.txt"), "password");
  await symlink(join(space.outside, "b", "f.txt"), join(space.dir, "a", "b", "link.txt"));
  await symlink(space.outside, join(space.dir, "swapped"));
  const reader = openFolderReader(space.context(), 100);
  const read = async (name: string) => {
    const content = await reader.read(join(space.dir, name));
    return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
  };
  expect(await read("a/b/f.txt")).toBe("inside");
  expect(await read("a/b/link.txt")).toBe(null);
  expect(await read("swapped/b/f.txt")).toBe(null);
  expect(await read("a/b")).toBe(null);
  expect(await read("a/b/gone")).toBe(null);
  await writeFile(join(space.dir, "large"), "x".repeat(101));
  expect(await read("large")).toBe("too large");
  reader.close();
});

test("Grep lists files, counts matches, or shows lines", async () => {
  await put({ "a.txt": "one\ntwo\nTwo three\n", "sub/b.md": "two\r\nno\r\n", "c.bin": "two\0" });
  expect(await grep("two")).toBe("a.txt\nsub/b.md");
  expect(await grep("two", { output_mode: "count", "-i": true })).toBe("a.txt:2\nsub/b.md:1");
  expect(await grep("^two$", { output_mode: "content" })).toBe("a.txt:2:two\nsub/b.md:1:two");
  expect(await grep("two", { output_mode: "content", "-n": false, glob: "*.md" })).toBe("sub/b.md:two");
  expect(await grep("t.o", { output_mode: "content", path: "sub/b.md" })).toBe("sub/b.md:1:two");
});

test("Grep shows lines around a match and parts groups", async () => {
  await put({ "a.txt": "1\n2\nhit\n4\n5\n6\n7\nhit\n9" });
  expect(await grep("hit", { output_mode: "content", "-C": 1 })).toBe(
    "a.txt-2-2\na.txt:3:hit\na.txt-4-4\n--\na.txt-7-7\na.txt:8:hit\na.txt-9-9",
  );
});

test("Grep stops at its limit and says so", async () => {
  await put({ "a.txt": "x\n".repeat(20) });
  expect((await grep("x", { output_mode: "content", head_limit: 5 })).split("\n")).toHaveLength(6);
});

test("a hostile pattern over a hostile file ends, and others run meanwhile", async () => {
  await put({ "a.txt": ("a".repeat(5000) + "!\n").repeat(400) });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  expect(await grep("(a+)+$")).toBe("No matches found");
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});

test("a cancelled search ends without a result", async () => {
  await put(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}.txt`, "x".repeat(1000)])));
  const outcome = await runTool(grepTool, { pattern: "y" }, space.context({ signal: AbortSignal.abort() }));
  expect(outcome).toEqual({ status: "interrupted", reason: "cancelled" });
});

test("a wrong pattern is refused with the place of the mistake", async () => {
  expect(await grep("foo(bar")).toBe('Cannot search for "foo(bar": at character 8, a ")" is missing');
});
