// Placeholders: what is not there cannot be held, so for as long as a command runs something small stands in its place.
// Each command has a lease on those it needs, written down first, so that a later run of this program finds what one
// that crashed has left; they are taken away with the last lease, and only while they are still ours and empty.
import { lstat, mkdir, open, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../../src/protocol/problem.ts";
import { errorCode } from "../failure.ts";
import { listProcesses, startedWith } from "../process_table.ts";
import { kindOf, type Placeholder, type ProtectedPath } from "./protected_path.ts";

const placeholder = z.object({ path: z.string(), what: z.enum(["folder", "file", "dot file"]) });
type Placed = z.infer<typeof placeholder>;
const leaseFile = z.object({ placed: z.array(placeholder) });

const contents: Readonly<Record<Exclude<Placeholder, "folder">, string>> = { "file": "", "dot file": ".\n" };
const sweepEveryMs = 10_000;

export interface Leases {
  /** Puts placeholders where nothing is, all or none; the folders above are there. */
  take(id: string, wanted: readonly ProtectedPath[]): Promise<void>;
  give(id: string): Promise<void>;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}

/** An environment entry that every process of a command with this lease has. */
export function leaseEntry(id: string): [name: string, value: string] {
  return ["JAMEY_SANDBOX", id];
}

export async function openLeases(folder: string): Promise<Leases> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const held = await readLeases(folder);
  /** Of commands that an earlier run of this program started: some may still run. */
  const earlier = new Set(held.keys());
  const fileOf = (id: string) => join(folder, `${id}.json`);
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  async function take(id: string, wanted: readonly ProtectedPath[]): Promise<void> {
    const ours = new Map([...held.values()].flat().map((each) => [each.path, each]));
    const placed: Placed[] = [];
    for (const { path, whenAbsent } of wanted) {
      const known = ours.get(path);
      if (kindOf(path) === "absent") placed.push({ path, what: whenAbsent });
      else if (known !== undefined) placed.push(known);
    }
    if (placed.length === 0) return;
    await writeFile(fileOf(id), JSON.stringify({ placed }), { mode: 0o600 });
    held.set(id, placed);
    const ends = await Promise.allSettled(placed.map(put));
    const failure = ends.find((end) => end.status === "rejected");
    if (failure === undefined) return;
    await give(id);
    throw failure.reason;
  }

  async function give(id: string): Promise<void> {
    const placed = held.get(id);
    if (placed === undefined) return;
    held.delete(id);
    earlier.delete(id);
    const needed = new Set([...held.values()].flat().map(({ path }) => path));
    await Promise.all(placed.filter(({ path }) => !needed.has(path)).map(takeAway));
    await rm(fileOf(id), { force: true });
  }

  async function sweep(): Promise<void> {
    for (const id of [...earlier]) if (!(await isInUse(id))) await give(id);
    if (earlier.size > 0) Deno.unrefTimer(setTimeout(() => void inTurn(sweep).catch(() => {}), sweepEveryMs));
  }
  await inTurn(sweep);

  return {
    take: (id, wanted) => inTurn(() => take(id, wanted)),
    give: (id) => inTurn(() => give(id)),
    close: async () => void await turn,
  };
}

async function readLeases(folder: string): Promise<Map<string, Placed[]>> {
  const leases = new Map<string, Placed[]>();
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".json"))) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    const parsed = leaseFile.safeParse(parseJson(text));
    // One that was not written to its end has placed nothing.
    if (parsed.success) leases.set(name.slice(0, -".json".length), parsed.data.placed);
    else await rm(join(folder, name), { force: true });
  }
  return leases;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function isInUse(id: string): Promise<boolean> {
  const entry = leaseEntry(id).join("=");
  const found = await Promise.all((await listProcesses()).map(({ pid }) => startedWith(pid, entry)));
  return found.includes(true);
}

async function put({ path, what }: Placed): Promise<void> {
  try {
    if (what === "folder") return void await mkdir(path);
    const file = await open(path, "wx", 0o644);
    await file.writeFile(contents[what]).finally(() => file.close());
  } catch (thrown) {
    // There already: an earlier lease's, or made in this moment by somebody else.
    if (errorCode(thrown) === "EEXIST") return;
    throw new Problem("unavailable", `Cannot confine commands: "${path}" cannot be held in place`, {
      cause: thrown,
      hint: "make sure that the folder above it is there and can be written",
    });
  }
}

async function takeAway({ path, what }: Placed): Promise<void> {
  if (what === "folder") return void await rmdir(path).catch(() => {});
  const info = await lstat(path).catch(() => null);
  if (!info?.isFile() || info.size !== contents[what].length) return;
  if (await readFile(path, "utf8").catch(() => null) === contents[what]) await rm(path, { force: true });
}
