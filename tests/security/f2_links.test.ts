import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { pinParent } from "../../tools/pinned_directory.ts";
import { readTool } from "../../tools/read.ts";
import { writeTool } from "../../tools/write.ts";
import { runTool, testSession, textOf } from "../tools/workspace.ts";
import { tally } from "../support/tally.ts";
import { openOutsideDesk, type OutsideDesk, outsideText } from "./outside_desk.ts";

let desk: OutsideDesk;
beforeEach(async () => void (desk = await openOutsideDesk()));
afterEach(() => desk.remove());

it("links that lead outside are refused: of files, folders, parents, in chains, loops, to nothing", async () => {
  const { dir, outside } = desk;
  const link = (to: string, name: string) => Deno.symlink(to, join(dir, name));
  await link(join(outside, "secret"), "file-link");
  await link("../outside/secret", "relative-link");
  await link(outside, "dir-link");
  await link("..", "parent-link");
  await link("/", "root-link");
  await link("file-link", "chain");
  await link("chain", "longer-chain");
  await link(join(outside, "absent"), "dangling");
  await link("loop-b", "loop-a");
  await link("loop-a", "loop-b");
  await link("self", "self");
  await link("folder/../../outside", "crooked");
  await link("/proc/self/root" + outside, "through-proc");
  await link(join(outside, "book.ipynb"), "book.ipynb");
  await Deno.symlink("../../outside", join(dir, "folder/deep"));
  const names = [
    "file-link",
    "relative-link",
    "chain",
    "longer-chain",
    "dangling",
    "loop-a",
    "loop-a/x",
    "self",
    "dir-link",
    "dir-link/secret",
    "dir-link/new",
    "dir-link/new/deep",
    "dir-link/sub/file",
    "parent-link/outside/secret",
    `root-link${outside}/secret`,
    "crooked/secret",
    "through-proc/secret",
    "book.ipynb",
    "folder/deep/secret",
    "folder/deep",
  ];
  const before = await desk.outsideNow();
  let [tried, escapes, refused] = [0, 0, 0];
  for (const path of names) {
    for (const said of await desk.tryAll(path)) {
      tried++;
      if (said.includes(outsideText)) escapes++;
      if (said.startsWith("Cannot")) refused++;
    }
  }
  // A search from above follows none of them.
  for (const said of await desk.tryAll(".")) if (said.includes(outsideText)) escapes++;
  expect(await desk.outsideNow()).toBe(before);
  tally({ family: "F2", what: "links that lead outside, in six tools", tried, refused, escapes });
  expect({ escapes, refused }).toEqual({ escapes: 0, refused: tried });
});

/** Swaps what is inside for a link to the outside and back, over and over, in another process. */
function startSwapping(real: string, target: string): { stop(): Promise<void> } {
  const script = `
    const [real, kept, link] = Deno.args;
    for (;;) {
      try { Deno.renameSync(real, kept); } catch {}
      try { Deno.symlinkSync(link, real); } catch {}
      try { Deno.removeSync(real); } catch {}
      try { Deno.renameSync(kept, real); } catch {}
    }`;
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
const atOnce = 4;
const shapes = [
  { what: "a folder", name: "folder", target: (outside: string) => outside, path: "folder/secret" },
  { what: "a folder above", name: "folder", target: (outside: string) => outside, path: "folder/sub/file" },
  { what: "a file", name: "secret", target: (outside: string) => join(outside, "secret"), path: "secret" },
];

it(`in ${racesMax} races between a check and what follows it, nothing outside is reached`, async () => {
  let [tried, refused, escapes] = [0, 0, 0];
  const before = await desk.outsideNow();
  for (const { name, target, path } of shapes) {
    await Deno.mkdir(join(desk.dir, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(desk.dir, path), "inside");
    const swapping = startSwapping(join(desk.dir, name), target(desk.outside));
    const read = async (file_path: string) => textOf(await runTool(readTool, { file_path }, desk.context()));
    const write = async (file_path: string) => {
      const session = testSession("call_1", { by: "user" });
      return textOf(await runTool(writeTool, { file_path, content: "x" }, desk.context({ session })));
    };
    const calls = 8 * atOnce;
    for (let race = 0; race * shapes.length < racesMax; race += calls) {
      // An existing file and a new one: a new one has no content before it that could give the swap away.
      const said = (await Promise.all(Array.from({ length: atOnce }, (_, one) =>
        Promise.all([
          ...Array.from({ length: 6 }, () => read(path)),
          write(path),
          write(`${path}-${race}-${one}`),
        ])))).flat();
      tried += calls;
      escapes += said.filter((text) => text.includes(outsideText)).length;
      refused += said.filter((text) => text.startsWith("Cannot")).length;
    }
    await swapping.stop();
    await Deno.remove(join(desk.dir, name), { recursive: true }).catch(() => {});
    await Deno.rename(join(desk.dir, `${name}.kept`), join(desk.dir, name)).catch(() => {});
  }
  const changed = await desk.outsideNow() === before ? 0 : 1;
  tally({ family: "F2", what: "races with a link", tried, refused, escapes: escapes + changed });
  expect({ escapes, changed }).toEqual({ escapes: 0, changed: 0 });
  // They have met: some calls found the link.
  expect(refused).toBeGreaterThan(0);
}, 120_000);

it("a folder above a file that becomes a link after it was looked at leads to no other place of the workspace", async () => {
  const { dir } = desk;
  for (const folder of ["hooks", "hooks/deep", "refs"]) {
    await Deno.mkdir(join(dir, ".git", folder), { recursive: true });
  }
  // As the path was when it was decided about: an ordinary folder. A command has put a link in its place since.
  await Deno.symlink(".git", join(dir, "swapped"));
  const names = ["swapped/new", "swapped/hooks/new", "swapped/hooks/deep/new", "swapped/refs/new/deep"];
  let escapes = 0;
  for (const name of names) {
    const real = join(dir, name);
    const pinned = await pinParent({ given: name, real, exists: false }, [dir]).catch(() => null);
    if (pinned === null) continue;
    escapes++;
    await pinned.close();
  }
  tally({
    family: "F2",
    what: "folders swapped for links within the workspace",
    tried: names.length,
    refused: names.length - escapes,
    escapes,
  });
  expect(escapes).toBe(0);
});
