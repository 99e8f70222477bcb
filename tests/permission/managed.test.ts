import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { managedFile } from "../../src/platform/managed_file.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { openStoreDesk, type StoreDesk, texts } from "./store_desk.ts";

let desk: StoreDesk;
beforeEach(async () => void (desk = await openStoreDesk()));
afterEach(() => desk.close());

async function refusal(): Promise<Problem> {
  const thrown = await desk.open().catch((error) => error);
  if (thrown instanceof Problem) return thrown;
  throw new Error("it was taken");
}

test("the file of whoever manages the machine has one place on each platform", () => {
  const of = (os: string, variables: Record<string, string> = {}) =>
    managedFile(os, (name) => variables[name]);
  expect(of("linux", { XDG_CONFIG_HOME: "/mine", HOME: "/mine" })).toBe("/etc/jamey-code/managed.toml");
  expect(of("darwin")).toBe("/Library/Application Support/jamey-code/managed.toml");
  expect(of("windows", { ProgramData: "D:\\Data" })).toBe("D:\\Data\\jamey-code\\managed.toml");
  expect(of("windows", { ProgramData: "data" })).toBe("C:\\ProgramData\\jamey-code\\managed.toml");
});

test("managed rules hold in every folder, and nobody takes them back", async () => {
  await desk.write(desk.managed, '[permissions]\ndeny = ["WebFetch"]\ndisable_bypass = true\n');
  const store = await desk.open();
  expect(await store.remove({ action: "deny", text: "WebFetch", workspace: null })).toBe(false);
  for (const folder of [desk.workspace, desk.home]) {
    const set = await store.of(folder);
    expect(texts(set)).toEqual(["deny WebFetch"]);
    expect(set.bypassDisabled).toBe(true);
  }
});

describe("a managed file that cannot be used stops the daemon", () => {
  test.each([
    ["no TOML", "nonsense", /line 1/],
    ["a key twice", '[permissions]\ndeny = ["Bash"]\ndeny = []', /line 3: "deny" is there twice/],
    ["an unknown key", '[permissions]\ndenied = ["Bash"]', /line 2: "permissions.denied" is not a known key/],
    ["an unknown section", '[permission]\ndeny = ["Bash"]', /line 1: "permission" is not a known key/],
    [
      "a key outside of its section",
      "disable_bypass = true",
      /line 1: "disable_bypass" is not a known key; it belongs in \[permissions\]/,
    ],
    [
      "a rule that is none",
      '[permissions]\ndeny = ["Bash(rm"]',
      /line 2: "permissions.deny.0" is no rule: "Bash\(rm"/,
    ],
    ["a list that is none", '[permissions]\ndeny = "Bash"', /line 2: "permissions.deny" is a string/],
    ["a mode", '[permissions]\nmode = "auto"', /line 2: "permissions.mode" is not a known key/],
    ["too large", "#".repeat(1024 * 1024 + 1), /larger than/],
  ])("%s", async (_, text, words) => {
    await desk.write(desk.managed, text);
    const { code, message, hint } = await refusal();
    expect(code).toBe("bad_config");
    expect(message).toMatch(/^Cannot use managed settings ".*managed.toml": /);
    expect(message).toMatch(words);
    expect(hint).toContain("Whoever manages this machine");
  });

  test("a folder, a file that everybody can change, and bytes that are no text", async () => {
    await Deno.mkdir(desk.managed);
    expect((await refusal()).message).toContain("it is no plain file");
    await Deno.remove(desk.managed);
    await desk.write(desk.managed, "");
    await Deno.chmod(desk.managed, 0o666);
    expect((await refusal()).message).toContain("every user of this machine can change it");
    await Deno.chmod(desk.managed, 0o644);
    await Deno.writeFile(desk.managed, new Uint8Array([0xff, 0xfe, 0xfd]));
    expect((await refusal()).message).toContain("not UTF-8");
  });
});
