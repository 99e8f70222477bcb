import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tally } from "../support/tally.ts";
import { openOutsideDesk, type OutsideDesk, outsideText } from "./outside_desk.ts";

let desk: OutsideDesk;
beforeEach(async () => void (desk = await openOutsideDesk()));
afterEach(() => desk.remove());

/** Ways to spell a file or folder outside, as far as one knows of them. */
function spellings(name: string): string[] {
  const { dir, outside } = desk;
  const target = join(outside, name);
  const from = `../outside/${name}`;
  const bare = [
    target,
    from,
    `./${from}`,
    `folder/../${from}`,
    `folder/../../outside/${name}`,
    `x/../../outside/${name}`,
  ];
  return [
    ...bare,
    ...bare.map((path) => path.replaceAll("/", "//")),
    ...bare.map((path) => path.replaceAll("/", "/./")),
    ...bare.map((path) => `${path}/`),
    ...bare.map((path) => `${path}/.`),
    ...bare.map((path) => path.replaceAll("..", "..%2f")),
    ...bare.map((path) => path.replaceAll("/", "\\")),
    ...bare.map((path) => ` ${path}`),
    ...bare.map((path) => `${path}\0`),
    ...bare.map((path) => `file://${path}`),
    ...bare.map((path) => `\\\\?\\${path}`),
    ...bare.map((path) => path.replaceAll("outside", "OUTSIDE")),
    ...bare.map((path) => path.replaceAll("..", "\uff0e\uff0e")),
    ...bare.map((path) => path.replaceAll("..", ".\u200b.")),
    ...bare.map((path) => path.replaceAll("/", "\u2215")),
    `${dir}/../outside/${name}`,
    `${dir}2/../outside/${name}`,
    `${"a/".repeat(60)}${"../".repeat(61)}outside/${name}`,
    `${"../".repeat(40)}${target.slice(1)}`,
    `/proc/self/root${target}`,
    `/proc/self/cwd/../..${target}`,
    `~/../..${target}`,
    `$PWD/${from}`,
    `{.,}./outside/${name}`,
  ];
}

const elsewhere = [
  "..",
  "/",
  "/etc/passwd",
  "/etc",
  "~",
  "~root",
  "~/x",
  "file:///etc/passwd",
  "FILE:/etc/passwd",
  "\\\\?\\C:\\x",
  "\\\\.\\pipe\\x",
  "//server/share/x",
  "C:\\Windows\\win.ini",
  "C:x",
  "a\0b",
  "\0",
  "/dev/tty",
  "/proc/self/environ",
  "/proc/1/environ",
  "x".repeat(4096),
  "x/".repeat(300),
  `${"../".repeat(200)}etc/passwd`,
];

it("no spelling of a path leads a file tool outside of the workspace", async () => {
  const before = await desk.outsideNow();
  const paths = ["secret", "sub", "sub/file", "book.ipynb", "new"].flatMap(spellings);
  const neighbours = [
    dirname(desk.dir),
    `${desk.dir}2`,
    `${desk.dir}2/x`,
    join(desk.dir, "..", basename(desk.outside)),
  ];
  const around = () => [...Deno.readDirSync(dirname(desk.dir))].map(({ name }) => name).sort().join();
  const names = around();
  const said: string[] = [];
  for (const path of [...paths, ...neighbours]) said.push(...await desk.tryAll(path));
  // Never written to: where a guard is broken, that would be this machine's own.
  for (const path of elsewhere) said.push(...await desk.tryReading(path));
  // Odd names are names: what was made is inside.
  expect(await desk.outsideNow()).toBe(before);
  expect(around()).toBe(names);
  const escapes = said.filter((text) => text.includes(outsideText) || /root:.*:0:0/.test(text)).length;
  const refused = said.filter((text) => /^(?:Cannot|Bad|No files found|No matches found)/.test(text)).length;
  tally({ family: "F1", what: "spellings of paths outside", tried: said.length, refused, escapes });
  expect(escapes).toBe(0);
  expect(said.length).toBeGreaterThan(2_000);
}, 60_000);
