// `jamey doctor` as a process, over installations that lack something.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../src/cli/doctor_finding.ts";
import { noProviders } from "./no_providers.ts";
import { jamey, openDesk, type RunOptions, writeDiscovery } from "./program.ts";

let folder = "";
let data = "";
let path = "";
const canary = "canary-" + "0123456789";

beforeEach(async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-doctor-" });
  data = join(folder, "data");
  path = join(folder, "config", "jamey-code", "runtime.toml");
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.mkdir(data, { mode: 0o700 });
});
afterEach(() => Deno.remove(folder, { recursive: true }));

async function doctor(options: RunOptions & { dataDir?: string } = {}) {
  const { code, stdout, stderr } = await jamey(options.dataDir ?? data, ["doctor", "--json"], {
    cwd: folder,
    ...options,
    env: { ...noProviders, XDG_CONFIG_HOME: join(folder, "config"), ...options.env },
  });
  expect(stderr).toBe("");
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(stdout);
  expect(ok).toBe(code === 0);
  return {
    code,
    findings,
    text: stdout,
    of: (check: string) => findings.find((found) => found.check === check),
  };
}

describe("doctor", () => {
  test("finds nothing broken in a fresh installation, and changes nothing", async () => {
    await Deno.remove(data);
    const { code, findings } = await doctor({ cwd: "/" });
    expect(findings.filter(({ status }) => status === "broken")).toEqual([]);
    expect(code).toBe(0);
    expect([...Deno.readDirSync(folder)].map(({ name }) => name)).toEqual(["config"]);
    expect([...Deno.readDirSync(join(path, ".."))]).toEqual([]);
  });

  test("for people it is one line a finding, with what to do below", async () => {
    await Deno.writeTextFile(path, "[limits]\nstpes = 1\n");
    const { code, stdout } = await jamey(data, ["doctor"], {
      env: { ...noProviders, XDG_CONFIG_HOME: join(folder, "config") },
      cwd: "/",
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^broken +config +.*line 2: "limits.stpes"/m);
    expect(stdout).toMatch(/^1 broken, \d+ to look at$/m);
  });

  test("names every fault of the configuration", async () => {
    await Deno.writeTextFile(path, '[limits]\nsteps = "x"\nrepeat = 0\n');
    const { code, findings } = await doctor({ cwd: "/" });
    expect(code).toBe(1);
    expect(findings.filter(({ check, status }) => check === "config" && status === "broken")).toHaveLength(2);
  });

  test("what has another effect than it seems to have is to be looked at, and nothing is broken by it", async () => {
    await Deno.writeTextFile(
      path,
      '[permissions]\ndeny = ["Bsh(rm:*)"]\n[environment]\npass = ["SET_KEY"]\n[providers.set]\nkind = "openai"\nkey = "env:SET_KEY"\n',
    );
    const { code, findings } = await doctor({ cwd: "/", env: { SET_KEY: canary } });
    expect(code).toBe(0);
    const warnings = findings.filter(({ check, status }) => check === "config" && status === "warning");
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining("can be read by others"),
      expect.stringContaining(`${path}: line 2: the deny rule "Bsh(rm:*)"`),
      expect.stringContaining(`${path}: line 4: "environment.pass" names "SET_KEY"`),
    ]);
  });

  test("a default provider without its key is broken, another one is to be looked at; no key is ever shown", async () => {
    await Deno.writeTextFile(
      path,
      '[providers.work]\nkind = "anthropic"\nkey = "env:WORK_KEY"\n' +
        '[providers.other]\nkind = "openai"\nkey = "keychain:other"\n[providers.set]\nkind = "openai"\nkey = "env:SET_KEY"\n',
    );
    const { code, of, text } = await doctor({ cwd: "/", env: { SET_KEY: canary, OPENAI_API_KEY: canary } });
    expect(code).toBe(1);
    expect(of("provider work")).toMatchObject({
      status: "broken",
      message: expect.stringContaining("env:WORK_KEY"),
    });
    expect(of("provider other")).toMatchObject({
      status: "warning",
      message: expect.stringContaining("keychain:other"),
    });
    expect(of("provider set")?.status).toBe("ok");
    expect(of("provider openai")?.status).toBe("ok");
    expect(text).not.toContain("canary");
    const healthy = await doctor({ cwd: "/", env: { WORK_KEY: canary } });
    expect(healthy.code).toBe(0);
    expect(healthy.text).not.toContain("canary");
    console.log("K4 doctor: 2 answers, 0 secrets");
  });

  test("a configuration and a data folder that others can open are to be looked at, with the command that mends it", async () => {
    await Deno.writeTextFile(path, "", { mode: 0o644 });
    await Deno.chmod(path, 0o644);
    await Deno.chmod(data, 0o755);
    const { code, of } = await doctor({ cwd: "/" });
    expect(code).toBe(0);
    expect(of("config")).toMatchObject({ status: "warning", fix: `Run: chmod 600 "${path}"` });
    expect(of("data folder")).toMatchObject({ status: "warning", fix: `Run: chmod 700 "${data}"` });
  });

  test("a token that others can read is broken", async () => {
    await Deno.writeTextFile(join(data, "token"), canary);
    await Deno.chmod(join(data, "token"), 0o644);
    const { code, of, text } = await doctor({ cwd: "/" });
    expect(code).toBe(1);
    expect(of("token")).toMatchObject({ status: "broken", fix: expect.stringContaining("chmod 600") });
    expect(text).not.toContain("canary");
  });

  test("a data folder that is a file is broken", async () => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const { code, of } = await doctor({ cwd: "/", dataDir: file });
    expect(code).toBe(1);
    expect(of("data folder")?.message).toContain("is no folder");
  });

  test("a daemon.json that a killed daemon left is told apart from a daemon that runs", async () => {
    const ended = new Deno.Command("true").spawn();
    await ended.status;
    await writeDiscovery(data, "http://127.0.0.1:1");
    const file = JSON.parse(await Deno.readTextFile(join(data, "daemon.json")));
    await Deno.writeTextFile(join(data, "daemon.json"), JSON.stringify({ ...file, pid: ended.pid }));
    const stale = await doctor({ cwd: "/" });
    expect(stale.code).toBe(0);
    expect(stale.of("daemon")).toMatchObject({
      status: "warning",
      message: expect.stringContaining("left over"),
    });
    // Our own process lives, but nothing answers there.
    await Deno.writeTextFile(join(data, "daemon.json"), JSON.stringify(file));
    expect((await doctor({ cwd: "/" })).of("daemon")?.status).toBe("broken");
    await Deno.writeTextFile(join(data, "daemon.json"), "{}");
    expect((await doctor({ cwd: "/" })).of("daemon")?.message).toContain("discovery file");
  });

  test("a daemon that runs is said to, and one of another version wants a restart", async () => {
    const desk = await openDesk();
    const { of } = await doctor({ cwd: "/", dataDir: desk.dataDir });
    expect(of("daemon")?.message).toContain(desk.server.url);
    expect(of("daemon")?.status === "ok" || of("daemon")?.fix?.includes("jamey restart")).toBe(true);
    await desk.close();
  });

  test("programs are found in the path or said to be missing, with what they are for", async () => {
    const tools = join(folder, "bin");
    await Deno.mkdir(tools);
    await Deno.writeTextFile(join(tools, "rg"), "#!/bin/sh\n", { mode: 0o755 });
    await Deno.writeTextFile(join(tools, "xdotool"), "not a program", { mode: 0o644 });
    await Deno.writeTextFile(path, '[browser]\nexecutable = "/nowhere/chromium"\n');
    const { code, of } = await doctor({ cwd: "/", env: { PATH: tools } });
    expect(code).toBe(0);
    expect(of("rg")).toEqual({ check: "rg", status: "ok", message: `"${tools}/rg"` });
    expect(of("git")).toMatchObject({ status: "missing", message: expect.stringContaining("worktrees") });
    expect(of("xdotool")?.status).toBe("missing");
    expect(of("/nowhere/chromium")?.status).toBe("missing");
  });

  test("the sandbox is tried out; one that is switched off is to be looked at", async () => {
    if (Deno.build.os !== "linux") return;
    const found = (await doctor({ cwd: "/" })).of("sandbox");
    const isThere = await Deno.stat("/usr/bin/bwrap").then(() => true, () => false);
    if (isThere) expect(found).toMatchObject({ status: "ok", message: expect.stringContaining("works") });
    else expect(found).toMatchObject({ status: "warning", fix: expect.stringContaining("bubblewrap") });
    await Deno.writeTextFile(path, "[sandbox]\nenabled = false\n");
    const off = (await doctor({ cwd: "/" })).of("sandbox");
    expect(off).toMatchObject({ status: "warning", message: expect.stringContaining("not confined") });
  });

  test("settings of the folder that are refused, and a config folder that is ignored, are to be looked at", async () => {
    await Deno.mkdir(join(folder, "repo", ".jamey"), { recursive: true });
    await Deno.writeTextFile(
      join(folder, "repo", ".jamey", "settings.toml"),
      '[mcp.x]\ncommand = "./evil"\n',
    );
    const cwd = join(folder, "repo");
    const { code, of } = await doctor({ cwd, env: { HOME: folder, XDG_CONFIG_HOME: join(cwd, ".config") } });
    expect(code).toBe(0);
    expect(of("folder settings")).toMatchObject({
      status: "warning",
      message: expect.stringContaining('"mcp"'),
    });
    expect(of("config")).toMatchObject({
      status: "warning",
      message: expect.stringContaining("XDG_CONFIG_HOME"),
    });
  });
});
