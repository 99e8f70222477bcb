// Paths inside the roots work however they are spelled. What lies outside: tests/security/f1 and f2.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSecretPlaces } from "../../src/permission/open_secret_places.ts";
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

test("of a secret it is said what opens it, and that no rule does", async () => {
  await writeFile(join(space.dir, ".env"), "KEY=SECRET");
  const asked = async (readable: string[]) => {
    const places = { home: space.outside, dataDir: join(space.outside, "data"), configDir: space.outside };
    const secrets = openSecretPlaces({ ...places, readable });
    return textOf(await runTool(readTool, { file_path: ".env" }, space.context({ secrets })));
  };
  const said = await asked([]);
  expect(said).toContain('Cannot use ".env": it is kept from tools');
  expect(said).toContain(
    'no permission rule and no mode opens it; only the user can: "readable" in [secrets]',
  );
  expect(said).not.toContain("jamey permissions");
  expect(await asked([join(space.dir, ".env")])).toContain("KEY=SECRET");
});
