// The compiled program by itself: version, help, and words it does not understand.
import { afterAll, beforeAll, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Desk, openDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

it("--version says the version and nothing else", async () => {
  expect(await desk.jamey(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

it("--help names every command, and each command has a help of its own", async () => {
  const help = await desk.ok(["--help"]);
  for (
    const name of [
      "chat",
      "run",
      "new",
      "sessions",
      "attach",
      "replay",
      "fork",
      "approve",
      "deny",
      "serve",
      "start",
    ]
  ) {
    expect(help).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(await desk.ok([name, "--help"])).toContain(`jamey ${name}`);
  }
});

it.each([
  [["strat"], 'Did you mean "jamey start"?'],
  [["run", "--modle", "x", "hello"], 'Did you mean "--model"?'],
  [["serve", "--port", "http"], "expected a number"],
  [["run", "--output-format", "yaml", "hello"], "expected one of text, json, stream-json"],
  [["replay"], "session"],
])("%j ends with exit code 2 and says what is wrong", async (words, reason) => {
  const { code, stderr } = await desk.jamey(words);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(reason) });
});

it("commands that need a daemon end with exit code 3 when none runs", async () => {
  for (const words of [["sessions"], ["tools"], ["replay", "last"], ["attach", "last"], ["status"]]) {
    expect(await desk.jamey(words), words.join(" ")).toMatchObject({ code: 3 });
  }
});

it("a provider that does not exist ends the daemon with exit code 52", async () => {
  const { code, stderr } = await desk.jamey(["serve", "--port", "0"], { env: { JAMEY_PROVIDER: "oracle" } });
  expect({ code, stderr }).toEqual({
    code: 52,
    stderr: expect.stringContaining('JAMEY_PROVIDER is "oracle"'),
  });
});
