// The sandbox on Linux: bubblewrap, once for each command. Why not one of the ready-made packages: they have one network
// policy for the whole process, protect the folder that the process is in, and cost ten times as much for each command.
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { isInside } from "../paths.ts";
import { type Bubblewrap, findBubblewrap, unavailable } from "./bubblewrap.ts";
import { confinedWords } from "./bubblewrap_words.ts";
import type { Confinement, ConfinePlan, Sandbox, SandboxState } from "./contract.ts";
import { findHelper, type HelperPlaces } from "./helper_program.ts";
import { type HostDoor, openHostDoor } from "./host_door.ts";
import { leaseEntry, type Leases, openLeases } from "./leases.ts";
import type { SandboxOptions } from "./options.ts";
import { probeSandbox } from "./probe.ts";
import { seccompFilter } from "./seccomp_filter.ts";
import { viewOf } from "./view.ts";

/** One that did not work is not tried out for every question; a program that was put in its place is, at once. */
const retryMs = 10_000;
/** With the name of a socket in it a path may have 107 bytes. */
const socketFolderBytesMax = 96;

interface Helpers {
  bubblewrap: Bubblewrap;
  cat: string;
  bash: string | null;
  env: string | null;
  network: { socat: string; door: HostDoor } | null;
  filterFile: string;
  startedFolder: string;
  leases: Leases;
}

export function openLinuxSandbox(options: SandboxOptions): Sandbox {
  const base = join(options.dataDir, "sandbox");
  let leases: Promise<Leases> | null = null;
  let door: HostDoor | null = null;
  let found: Promise<Helpers | Problem> | null = null;
  /** When it was last tried out, and by which another program in its place is told. */
  let [lookedAt, stamp] = [0, ""];

  const openOwnLeases = () => leases ??= openLeases(join(base, "leases"));
  // What a crash has left is taken away now, and not when the next command comes.
  const sweeping = readdir(join(base, "leases")).then(async (left) => {
    if (left.length > 0) await openOwnLeases();
  }).catch(() => {});

  const helpers = () => found ??= findAll().catch(asProblem);

  async function findAll(): Promise<Helpers> {
    [lookedAt, stamp] = [performance.now(), await stampOf(options.helpers)];
    await mkdir(base, { recursive: true, mode: 0o700 });
    const [bubblewrap, env, cat, bash] = await Promise.all([
      findBubblewrap(options.helpers),
      resettingEnv(options.helpers),
      findHelper("cat", { searchPath: options.helpers.searchPath }),
      findHelper("bash", { searchPath: options.helpers.searchPath }),
    ]);
    if (cat === null) throw unavailable('the program "cat" is not there', "Install it");
    const filterFile = join(base, "filter.bpf");
    const startedFolder = join(base, "started");
    await rm(startedFolder, { recursive: true, force: true });
    await mkdir(startedFolder, { mode: 0o700 });
    await writeFile(filterFile, seccompFilter(machine()), { mode: 0o600 });
    const ready: Helpers = {
      bubblewrap,
      cat,
      bash,
      env,
      network: await openNetwork(),
      filterFile,
      startedFolder,
      leases: await openOwnLeases(),
    };
    await probeSandbox(base, (ground) =>
      confineWith(ready, {
        sessionId: "probe",
        workspace: ground.workspace,
        roots: [],
        tmp: ground.tmp,
        ours: [ground.hidden],
      }));
    return ready;
  }

  async function openNetwork() {
    if (options.allowHosts.length === 0) return null;
    const socat = await findHelper("socat", options.helpers);
    if (socat === null) {
      options.report("sandbox.allow_hosts has no effect: socat is not installed (apt-get install socat)");
      return null;
    }
    door ??= await openHostDoor({
      path: join(await socketFolder(), "door"),
      hosts: options.allowHosts,
      ...(options.network === undefined ? {} : { rules: options.network }),
    });
    return { socat, door };
  }

  /** In our own folder, unless its path is longer than that of a socket may be. */
  async function socketFolder(): Promise<string> {
    if (new TextEncoder().encode(base).length <= socketFolderBytesMax) return base;
    return await mkdtemp(join(tmpdir(), "jamey-door-"));
  }

  async function confineWith(
    ready: Helpers,
    plan: ConfinePlan & { tmp: string; ours: readonly string[]; onFailedStart?: () => void },
  ): Promise<Confinement> {
    const { workspace, tmp, ours } = plan;
    const { secrets, home, allowWrite } = options;
    const view = await viewOf({ workspace, roots: plan.roots, allowWrite, ours, secrets, home });
    if (isInside(ready.bubblewrap.path, view.roots)) {
      throw unavailable(`"${ready.bubblewrap.path}" is in a folder that commands may write`, "Move it");
    }
    const id = crypto.randomUUID();
    const startedFile = join(ready.startedFolder, id);
    // Made here, so that it is nobody else's to read; the shell in front empties it.
    await writeFile(startedFile, "-", { mode: 0o600 });
    await ready.leases.take(id, view.protected);
    const argv = confinedWords({
      bubblewrap: ready.bubblewrap.path,
      mounts: [...view.mounts, { as: "writable", path: "/tmp", from: tmp }],
      workspace,
      filterFile: ready.filterFile,
      startedFile,
      cat: ready.cat,
      bash: ready.bash,
      env: ready.env,
      uid: Deno.uid() ?? 0,
      gid: Deno.gid() ?? 0,
      network: ready.network === null ? null : { socat: ready.network.socat, door: ready.network.door.path },
    });
    const release = async () => {
      await ready.leases.give(id);
      // The shell in front came as far as this, and bubblewrap did not: it does not work any more.
      const noted = await stat(startedFile).catch(() => null);
      if (noted?.size === 0) plan.onFailedStart?.();
      await rm(startedFile, { force: true });
    };
    return { argv, environment: environmentOf(id, ready), release };
  }

  async function current(): Promise<Helpers | Problem> {
    const asked = helpers();
    const known = await asked;
    const isOver = known instanceof Problem && performance.now() - lookedAt >= (options.retryMs ?? retryMs);
    if (!isOver && await stampOf(options.helpers) === stamp) return known;
    // What was not there may have been installed meanwhile, and what was there may be gone.
    if (found === asked) found = null;
    return await helpers();
  }

  return {
    state: async () => stateOf(await current()),
    confine: async (plan) => {
      const ready = await current();
      if (ready instanceof Problem) throw ready;
      const tmp = await realpath(await options.tmpDir(plan.sessionId));
      await chmod(tmp, 0o700);
      return await confineWith(ready, {
        ...plan,
        tmp,
        ours: options.ours,
        onFailedStart: () => void (found = null),
      });
    },
    close: async () => {
      await sweeping;
      await (await leases?.catch(() => null))?.close();
      door?.close();
      if (door !== null && dirname(door.path) !== base) await rm(dirname(door.path), { recursive: true });
    },
  };
}

function stateOf(known: Helpers | Problem): SandboxState {
  if (known instanceof Problem) {
    return { status: "unavailable", reason: [known.message, known.hint].filter((part) => part).join("; ") };
  }
  return { status: "works", kind: `bubblewrap ${known.bubblewrap.version}` };
}

function environmentOf(id: string, { network }: Helpers): Record<string, string> {
  const own = Object.fromEntries([leaseEntry(id)]);
  const temporary = { TMPDIR: "/tmp", TMP: "/tmp", TEMP: "/tmp" };
  return { ...own, ...temporary, ...(network === null ? {} : network.door.environment) };
}

/** GNU's `env`, when it is new enough. */
async function resettingEnv(helpers: HelperPlaces): Promise<string | null> {
  const path = await findHelper("env", helpers);
  if (path === null) return null;
  const args = ["--default-signal=TERM", "true"];
  const { success } = await new Deno.Command(path, { args, stdin: "null", stdout: "null", stderr: "null" })
    .output();
  return success ? path : null;
}

async function stampOf(helpers: HelperPlaces): Promise<string> {
  const path = await findHelper("bwrap", helpers);
  const info = path === null ? null : await stat(path).catch(() => null);
  return info === null ? "" : `${path} ${info.ino} ${info.size} ${info.mtimeMs} ${info.mode}`;
}

function machine(): "x86_64" | "aarch64" {
  if (process.arch === "x64") return "x86_64";
  if (process.arch === "arm64") return "aarch64";
  throw unavailable(`the filter of system calls is not made for "${process.arch}"`, "");
}

function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return unavailable(messageOf(thrown), "Look at the folder for data: it must be writable");
}
