// The managed file in its real place: a daemon in a mount namespace of its own, whose /etc holds it.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permissionsView } from "../../src/protocol/permission_views.ts";

const bubblewrap = "/usr/bin/bwrap";
const place = "/etc/jamey-code/managed.toml";

let home = "";
let workspace = "";
beforeEach(async () => {
  home = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-managed-" }));
  workspace = join(home, "workspace");
  await Deno.mkdir(workspace);
});
afterEach(async () => {
  await jamey(["stop"]);
  await Deno.remove(home, { recursive: true });
});

/** Runs the command line; with a managed file, in a namespace in which it is the machine's. */
async function jamey(args: string[], managed?: string) {
  const own = [Deno.execPath(), "run", "-A", resolve("bin/jamey.ts"), ...args];
  const [program = "", ...words] = managed === undefined
    ? own
    : [bubblewrap, ...await roomWith(managed), ...own];
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: words,
    cwd: workspace,
    stdin: "null",
    env: {
      HOME: home,
      XDG_CONFIG_HOME: join(home, "config"),
      JAMEY_DATA_DIR: join(home, "data"),
      JAMEY_PROVIDER: "scripted",
      JAMEY_TOKEN: "",
      NO_COLOR: "1",
    },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

async function roomWith(managed: string): Promise<string[]> {
  const file = join(home, "managed.toml");
  await Deno.writeTextFile(file, managed, { mode: 0o644 });
  return [
    "--dev-bind",
    "/",
    "/",
    "--tmpfs",
    "/etc",
    "--ro-bind",
    "/etc/passwd",
    "/etc/passwd",
    "--ro-bind",
    file,
    place,
  ];
}

describe.runIf(existsSync(bubblewrap))("where the machine is managed", () => {
  test("what it forbids holds, nobody takes it back, and no session asks nobody", async () => {
    const rules = '[permissions]\ndeny = ["Bash(rm:*)"]\ndisable_bypass = true\n';
    const started = await jamey(["start"], rules);
    expect(started.code, started.stderr).toBe(0);
    const view = permissionsView.parse(JSON.parse((await jamey(["permissions", "--json"])).stdout));
    expect(view.rules).toEqual([{
      action: "deny",
      text: "Bash(rm:*)",
      layer: "managed",
      source: `${place}:2`,
    }]);
    await jamey(["permissions", "allow", "Bash(rm x)"]);
    const { stdout } = await jamey(["permissions", "explain", "rm x", "--mode", "bypassPermissions"]);
    expect(stdout).toMatch(/^deny: the managed rule/);
    const { stdout: health } = await jamey(["doctor"], rules);
    expect(health).toContain(`"${place}": 1 rule, bypassPermissions is off`);
    expect((await jamey(["permissions", "remove", "Bash(rm:*)"])).code).toBe(1);
    const bypass = await jamey(["new", "--permission-mode", "bypassPermissions"]);
    expect(bypass.code).toBe(1);
    expect(bypass.stderr).toContain("this machine's settings forbid it");
  });

  test.each([
    ["a rule that is none", '[permissions]\ndeny = ["Bash(rm"]\n', "line 2"],
    ["no TOML", "deny all\n", "line 1"],
    ["a misspelt key", '[permissions]\ndenied = ["Bash"]\n', "line 2"],
  ])("a file that cannot be used stops the daemon with exit code 52: %s", async (_, text, words) => {
    const { code, stderr } = await jamey(["serve", "--port", "0"], text);
    expect(code).toBe(52);
    expect(stderr).toContain(`Cannot use managed settings "${place}": ${words}`);
    expect(existsSync(join(home, "data", "daemon.json"))).toBe(false);
    const check = await jamey(["config", "check"], text);
    expect(check.code).toBe(52);
    expect(check.stdout).toContain(`Cannot use managed settings "${place}": ${words}`);
  });
});
