import { join } from "node:path";
import { expect, it } from "vitest";
import { readTokenFile } from "../../src/client/token_file.ts";
import { ownToken } from "../../src/daemon_files.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { tally } from "../support/tally.ts";

const mark = "K3-token-that-is-long-enough-to-be-safe-0123456789";
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

type Spoil = (path: string, folder: string) => Promise<unknown>;
const spoiled: [what: string, words: RegExp, spoil: Spoil][] = [
  ...[0o644, 0o640, 0o604, 0o666, 0o622, 0o610, 0o777].map((mode): [string, RegExp, Spoil] => [
    `mode ${mode.toString(8)}`,
    /other users can reach it \(mode 0\d{3}\)/,
    (path) => Deno.chmod(path, mode),
  ]),
  ["a link", /it is a link|it is not a plain file/, async (path, folder) => {
    await Deno.rename(path, join(folder, "real"));
    await Deno.symlink(join(folder, "real"), path);
  }],
  ["a folder", /it is not a plain file/, async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  }],
  ["a pipe", /it is not a plain file/, async (path) => {
    await Deno.remove(path);
    await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
  }],
  ...(isRoot
    ? [
      ["a foreign owner", /it belongs to user 12345, not to you/, (path: string) =>
        Deno.chown(path, 12345, null)] as [string, RegExp, Spoil],
    ]
    : []),
];

it.skipIf(Deno.build.os === "windows")(
  "a token file that others could know or have made is refused by the daemon and by clients, in words",
  async () => {
    const said: string[] = [];
    for (const [what, words, spoil] of spoiled) {
      for (const use of [ownToken, readTokenFile]) {
        const folder = await Deno.makeTempDir({ prefix: "jamey-k3-" });
        const path = join(folder, "token");
        await Deno.writeTextFile(path, `${mark}\n`, { mode: 0o600 });
        await spoil(path, folder);
        const thrown = await use(use === ownToken ? folder : path).then(
          () => null,
          (error: unknown) => error,
        );
        expect(thrown, what).toBeInstanceOf(Problem);
        const text = thrown instanceof Problem ? `${thrown.message} ${thrown.hint}` : "";
        expect(text, what).toMatch(words);
        said.push(text);
        await Deno.remove(folder, { recursive: true });
      }
    }
    const leaks = said.filter((text) => text.includes(mark)).length;
    tally({
      family: "K3",
      what: "token files that others reach",
      tried: said.length,
      refused: said.length,
      escapes: leaks,
    });
    expect(leaks).toBe(0);
  },
);

it("a new token file is its owner's alone, and the next start takes the same one", async () => {
  const folder = await Deno.makeTempDir({ prefix: "jamey-k3-" });
  const { token, path } = await ownToken(folder);
  expect(token.length).toBeGreaterThanOrEqual(43);
  if (Deno.build.os !== "windows") expect(((await Deno.stat(path)).mode ?? 0) & 0o777).toBe(0o600);
  expect((await ownToken(folder)).token).toBe(token);
  await Deno.remove(folder, { recursive: true });
});
