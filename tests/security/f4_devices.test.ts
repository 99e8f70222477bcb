import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createInstructions } from "../../src/context/instructions.ts";
import { openSecretPlaces } from "../../src/permission/open_secret_places.ts";
import { tally } from "../support/tally.ts";
import { openOutsideDesk, type OutsideDesk } from "./outside_desk.ts";

let desk: OutsideDesk;
beforeEach(async () => void (desk = await openOutsideDesk()));
afterEach(() => desk.remove());

const sparseBytes = 10 * 1024 ** 3;

it.skipIf(Deno.build.os !== "linux")(
  "pipes, sockets, devices, memory and endless files are refused, and hold nobody up",
  async () => {
    const { dir } = desk;
    await new Deno.Command("mkfifo", { args: [join(dir, "pipe"), join(dir, "folder/pipe.ipynb")] }).output();
    const server = createServer().listen(join(dir, "socket"));
    const sparse = await Deno.open(join(dir, "sparse"), { write: true, create: true });
    await sparse.truncate(sparseBytes);
    sparse.close();
    for (const device of ["zero", "random", "full", "tty", "stdin"]) {
      await Deno.symlink(`/dev/${device}`, join(dir, device));
    }
    const own = ["pipe", "folder/pipe.ipynb", "socket", "sparse"];
    const memory = ["mem", "environ", "maps", "fd/0", "root/etc/passwd", "cwd/package.json"];
    const theirs = [
      ...["zero", "random", "full", "tty", "stdin"],
      ...["/dev/zero", "/dev/urandom", "/dev/null", "/dev/stdin", "/proc/kcore"],
      ...memory.map((name) => `/proc/self/${name}`),
    ];
    const secrets = openSecretPlaces({ home: desk.outside, dataDir: desk.effects, configDir: desk.outside });
    // The folders themselves are allowed: only what a file is keeps it from being opened.
    const context = { roots: [dir, "/dev", "/proc"], secrets };
    const said = [
      ...(await Promise.all(own.map((path) => desk.tryAll(path)))).flat(),
      // Never written to: where a guard is broken, that would be a device of this machine.
      ...(await Promise.all(theirs.map((path) => desk.tryReading(path, context)))).flat(),
    ];
    const through = said.filter((text) => !/^Cannot|^No (?:matches|files) found|^\[not searched/.test(text));
    tally({
      family: "F4",
      what: "pipes, sockets, devices, memory, a file of 10 GB",
      tried: said.length,
      refused: said.length - through.length,
      escapes: through.length,
    });
    expect(through).toEqual([]);
    // A search over all of it passes by, and finds what is a file.
    const [, found] = await desk.tryReading(".");
    expect(found).toContain("inside");
    expect(found).toContain('not searched, it is too large: "sparse"');
    await new Promise((resolve) => server.close(resolve));
  },
  60_000,
);

it.skipIf(Deno.build.os !== "linux")(
  "instructions that are a pipe, a device or endless are left out",
  async () => {
    const { dir } = desk;
    const kinds: [name: string, make: (path: string) => Promise<unknown>][] = [
      ["pipe", (path) => new Deno.Command("mkfifo", { args: [path] }).output()],
      ["device", (path) => Deno.symlink("/dev/zero", path)],
      ["memory", (path) => Deno.symlink("/proc/self/environ", path)],
      ["sparse", async (path) => {
        const file = await Deno.open(path, { write: true, create: true });
        await file.truncate(sparseBytes);
        file.close();
      }],
    ];
    for (const [name, make] of kinds) {
      const path = join(dir, "AGENTS.md");
      await make(path);
      expect(await createInstructions({ home: desk.outside, configDir: desk.outside })(dir), name)
        .toMatchObject({ files: [{ status: "refused" }] });
      await Deno.remove(path);
    }
    tally({
      family: "F4",
      what: "instruction files that are none",
      tried: kinds.length,
      refused: kinds.length,
      escapes: 0,
    });
  },
);
