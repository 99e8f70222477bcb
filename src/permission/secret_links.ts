// Further names (hard links) of secret files: the same file elsewhere, told by its device and inode.
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { FileIdentity, SecretPlaces } from "./secret_places.ts";
import { listFolder } from "./secret_walk.ts";

const filesMax = 20_000;
/** Others get their turn after so many. */
const filesInTurn = 500;

export interface LinkedOptions {
  hidden: SecretPlaces["hidden"];
  reasonFor: SecretPlaces["reasonFor"];
  freshMs: number;
}

/** Why a file with several names is secret under another one. */
export function linkedSecrets(options: LinkedOptions): SecretPlaces["reasonForLinked"] {
  const kept = new Map<string, { until: number; known: Promise<ReadonlyMap<string, string>> }>();
  return async (file, workspace) => {
    const now = performance.now();
    let entry = kept.get(workspace);
    if (entry === undefined || now >= entry.until) {
      kept.clear();
      entry = {
        until: now + options.freshMs,
        known: options.hidden(workspace).then((list) => linksIn(list, options)),
      };
      kept.set(workspace, entry);
    }
    return (await entry.known).get(nameOf(file)) ?? null;
  };
}

/** Those among the secret files that have several names; the nearest first, and only so many. */
async function linksIn(
  paths: readonly string[],
  { reasonFor }: LinkedOptions,
): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  const waiting = [...paths];
  for (let next = 0; next < waiting.length && next < filesMax; next++) {
    if (next % filesInTurn === filesInTurn - 1) await new Promise((resolve) => setTimeout(resolve, 0));
    const path = waiting[next] ?? "";
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    if (facts.isDirectory()) {
      for (const { name } of listFolder(path).slice(0, filesMax)) waiting.push(join(path, name));
    } else if (facts.isFile() && facts.nlink > 1) {
      known.set(nameOf(facts), `${reasonFor(path) ?? "a secret file"} under another name`);
    }
  }
  return known;
}

function nameOf({ dev, ino }: FileIdentity): string {
  return `${dev}:${ino}`;
}
