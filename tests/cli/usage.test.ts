// What the command line does with its words, before any daemon is asked.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { nameOf, parse } from "../../src/cli/parse.ts";
import { jamey } from "./program.ts";

let dataDir = "";
beforeAll(async () => void (dataDir = await Deno.makeTempDir({ prefix: "jamey-usage-" })));
afterAll(() => Deno.remove(dataDir, { recursive: true }));

describe("words that make no sense", () => {
  test("a mistyped command ends with exit code 2 and the right word as a hint, and nothing on stdout", async () => {
    const { code, stdout, stderr } = await jamey(dataDir, ["sessoins"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain('Cannot run "sessoins"');
    expect(stderr).toContain('"jamey sessions"');
  });

  test("a mistyped option ends with exit code 2 and the right option as a hint", async () => {
    const { code, stderr } = await jamey(dataDir, ["attach", "last", "--aftr", "3"]);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean "--after"?');
  });

  test.each([
    ["a missing session", ["attach"]],
    ["a number that is none", ["attach", "last", "--after", "soon"]],
    ["a negative number", ["logs", "-n", "-3"]],
    ["too many words", ["fork", "one", "two"]],
    ["a missing option value", ["new", "--name"]],
    ["an unknown output format", ["run", "hi", "--output-format", "xml"]],
    ["a name that means another session", ["new", "--name", "last"]],
    ["an empty name", ["new", "--name", ""]],
    ["a blank name", ["rename", "last", "  "]],
    ["a name on two lines", ["fork", "last", "--name", "a\nb"]],
    ["a name without end", ["new", "--name", "n".repeat(201)]],
    ["an unknown permission mode", ["new", "--permission-mode", "yolo"]],
    ["two ways to replay at once", ["replay", "last", "--at", "3", "--verify"]],
    ["a wrong range", ["replay", "last", "--diff", "3-4"]],
    ["a wrong address", ["status", "--url", "nowhere"]],
  ])("%s is a usage error, found before a daemon is looked for or started", async (_, args) => {
    const { code, stdout, stderr } = await jamey(dataDir, args);
    expect(stderr).toMatch(/^error: Cannot /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test.each([
    ["an unknown option of no command", ["--bogus"], 'Cannot run "jamey": unknown option "--bogus"'],
    ["an option of two words, as it was written", ["run", "--max-trns", "3"], 'unknown option "--max-trns"'],
    ["a word too many", ["new", "extra"], 'Cannot run "jamey new": there is no place for "extra"'],
    ["a missing word", ["attach"], 'Cannot run "jamey attach": the session is missing'],
    ["a missing value", ["new", "--name"], 'option "--name <name>" needs a value'],
  ])("%s is named in the words of the person", async (_, args, message) => {
    const { stderr } = await jamey(dataDir, args);
    expect(stderr.split("\n")[0]).toContain(message);
  });

  test("an empty prompt from a pipe is bad input", async () => {
    const { code } = await jamey(dataDir, ["run"], { stdin: " \n" });
    expect(code).toBe(42);
  });
});

describe("help and version", () => {
  test("every command has a help with an example that uses it", async () => {
    for (const command of commands) {
      expect(command.examples.length, command.usage).toBeGreaterThan(0);
      const name = nameOf(command);
      if (name !== "") expect(command.examples.join(" "), name).toContain(`jamey ${name}`);
    }
    const { code, stdout } = await jamey(dataDir, ["replay", "--help"]);
    expect(code).toBe(0);
    for (const flag of ["--at", "--diff", "--step", "--speed", "--request", "--verify", "--json"]) {
      expect(stdout).toContain(flag);
    }
  });

  test("help with a command is that command's help, and with none the program's", () => {
    for (const [args, name] of [[["help"], ""], [["help", "fork"], "fork"]] as const) {
      const { command, input } = parse(args, commands);
      expect([nameOf(command), input.flag("help")]).toEqual([name, true]);
    }
  });

  test("--version prints the version of the package", async () => {
    const { code, stdout } = await jamey(dataDir, ["--version"]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(JSON.parse(await Deno.readTextFile("package.json")).version);
  });
});

describe("words are taken as they were written", () => {
  const words = (args: string[]) => parse(args, commands).input;

  test("what looks like a number stays text: the start of a session's id, a prompt, a name", () => {
    expect(words(["rename", "12e4", "007"]).args).toEqual(["12e4", "007"]);
    expect(words(["run", "-r", "1e5", "0x10"]).text("resume")).toBe("1e5");
    expect(words(["run", "-r", "1e5", "0x10"]).args).toEqual(["0x10"]);
    expect(words(["new", "--name=042"]).text("name")).toBe("042");
    expect(words(["run", "--json", "42"]).args).toEqual(["42"]);
    expect(words(["new", "--name", ""]).text("name")).toBe("");
  });

  test("an option without a value leaves the next word alone", () => {
    const input = words(["run", "-c", "--fork-session", "go on"]);
    expect(input.args).toEqual(["go on"]);
    expect(input.flag("forkSession")).toBe(true);
  });

  test("words after -- are never options", () => {
    expect(words(["run", "--", "--help"]).args).toEqual(["--help"]);
  });

  test("a text that starts like a list is no option", () => {
    expect(words(["deny", "last", "c1", "--reason", "- not this"]).text("reason")).toBe("- not this");
  });

  test("-p without a command is run, and runtime start is start", () => {
    expect(nameOf(parse(["-p", "hello"], commands).command)).toBe("run");
    expect(parse(["-p", "--output-format", "json", "hello"], commands).input.args).toEqual(["hello"]);
    expect(nameOf(parse(["runtime", "status", "--json"], commands).command)).toBe("status");
  });
});
