// Confinement: no path, link or race lets a file tool touch anything outside the roots.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTool } from "../../tools/read.ts";
import { writeTool } from "../../tools/write.ts";
import { makeWorkspace, runTool, testSession, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => {
  space = await makeWorkspace();
  await writeFile(join(space.outside, "secret"), "SECRET");
  await mkdir(join(space.dir, "folder"));
  await writeFile(join(space.dir, "folder", "f"), "inside");
});
afterEach(() => space.remove());

const read = async (file_path: string) => textOf(await runTool(readTool, { file_path }, space.context()));
const write = async (file_path: string) =>
  textOf(
    await runTool(
      writeTool,
      { file_path, content: "x" },
      space.context({ session: testSession("call_1", { by: "user" }) }),
    ),
  );

test("paths inside work: relative, absolute, with dots, through links that stay inside", async () => {
  await symlink("folder", join(space.dir, "link"));
  await writeFile(join(space.dir, "..odd"), "inside");
  for (const path of ["folder/f", join(space.dir, "folder/f"), "folder/../folder/./f", "link/f", "..odd"]) {
    expect(await read(path)).toContain("inside");
  }
});

test("paths that lead outside are refused for reading and writing", async () => {
  await symlink(space.outside, join(space.dir, "dir-link"));
  await symlink(join(space.outside, "secret"), join(space.dir, "file-link"));
  await symlink("file-link", join(space.dir, "chain"));
  await symlink(join(space.outside, "absent"), join(space.dir, "dangling"));
  await symlink("loop-b", join(space.dir, "loop-a"));
  await symlink("loop-a", join(space.dir, "loop-b"));
  const paths = [
    "../outside/secret",
    join(space.outside, "secret"),
    "dir-link/secret",
    "dir-link/new/deep",
    "file-link",
  ];
  const more = [
    "chain",
    "dangling",
    "loop-a",
    "loop-a/x",
    "~/x",
    "~",
    "file:///etc/passwd",
    "\\\\?\\C:\\x",
    "..",
    "/",
  ];
  for (
    const path of [
      ...paths,
      ...more,
      "folder/../../outside/secret",
      "a\0b",
      dirname(space.dir),
      `${space.dir}2/x`,
    ]
  ) {
    for (const text of [await read(path), await write(path)]) {
      expect(text).toMatch(/^Cannot (use|run)/);
      expect(text).not.toContain("SECRET");
    }
  }
  expect(await readdir(space.outside)).toEqual(["secret"]);
  expect(await readFile(join(space.outside, "secret"), "utf8")).toBe("SECRET");
});

test("over-long paths and names are refused in words", async () => {
  expect(await read("x".repeat(5000))).toContain('"file_path" is wrong');
  expect(await read("x".repeat(300))).toContain("a name in it is too long");
  expect(await write("a/".repeat(300) + "f")).toContain("parts");
  expect(await read("folder/f/deeper")).toContain("not a directory");
});

test("the workspace folder itself cannot be written over", async () => {
  expect(await write(".")).toContain("it is a directory");
  expect(await write("folder")).toContain("it is a directory");
});

test("a further root is open to the tools, its neighbours are not", async () => {
  const context = space.context({ roots: [space.dir, space.outside] });
  expect(textOf(await runTool(readTool, { file_path: join(space.outside, "secret") }, context))).toContain(
    "SECRET",
  );
  expect(textOf(await runTool(readTool, { file_path: "/etc/passwd" }, context))).toContain(
    "outside the workspace",
  );
});

/** Swaps `name` between what is inside and a link to the outside, over and over, in another process. */
function startSwapping(name: string, target: string): { stop(): Promise<void> } {
  const script = `
    const [real, kept, link] = Deno.args;
    for (;;) {
      try { Deno.renameSync(real, kept); } catch {}
      try { Deno.symlinkSync(link, real); } catch {}
      try { Deno.removeSync(real); } catch {}
      try { Deno.renameSync(kept, real); } catch {}
    }`;
  const real = join(space.dir, name);
  const source = `data:application/javascript,${encodeURIComponent(script)}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", source, real, `${real}.kept`, target],
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    stop: async () => {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

const racesMax = 10_000;
const raceMs = 8_000;
const atOnce = 4;

test.each([
  { what: "a folder", name: "folder", target: () => space.outside, path: "folder/secret" },
  { what: "a folder above", name: "folder", target: () => space.outside, path: "folder/sub/file" },
  { what: "a file", name: "secret", target: () => join(space.outside, "secret"), path: "secret" },
])("swapping $what for a link while tools work never reaches the outside", async ({ name, target, path }) => {
  await mkdir(join(space.outside, "sub"));
  await mkdir(dirname(join(space.dir, path)), { recursive: true });
  await writeFile(join(space.dir, path), "inside");
  const swapping = startSwapping(name, target());
  let escapes = 0;
  const ends = performance.now() + raceMs;
  for (let race = 0; race < racesMax && performance.now() < ends; race += 3 * atOnce) {
    // An existing file and a new one: a new one has no content before it that could give the swap away.
    const seen = await Promise.all(
      Array.from(
        { length: atOnce },
        (_, one) => Promise.all([read(path), write(path), write(`${path}-${race}-${one}`)]),
      ),
    );
    escapes += seen.flat().filter((text) => text.includes("SECRET")).length;
  }
  await swapping.stop();
  expect(escapes).toBe(0);
  expect(await readdir(space.outside, { recursive: true })).toEqual(["secret", "sub"]);
  expect(await readFile(join(space.outside, "secret"), "utf8")).toBe("SECRET");
  await rm(join(space.dir, name), { recursive: true, force: true });
  await rename(join(space.dir, `${name}.kept`), join(space.dir, name)).catch(() => {});
}, 60_000);
