// The trust store: one small JSON file of the user with the hash of everything that was approved. Never the content itself.
import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { z } from "zod";
import { messageOf, Problem } from "../protocol/problem.ts";
import type { OutsideItem, Standing, TrustStore } from "./contract.ts";
import { readSmallFile, replaceFile } from "./file.ts";

export const approvalsMax = 20_000;
const fileBytesMax = 32 * 1024 * 1024;

const approval = z.object({
  workspace: z.string(),
  kind: z.string(),
  name: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  approved_at: z.string(),
});
type Approval = z.infer<typeof approval>;
const fileShape = z.object({ version: z.literal(1), approvals: z.array(approval).max(approvalsMax) });

/** Opens the store, which need not exist yet. A file that makes no sense is set aside, and nothing is approved then. */
export async function openTrustStore(
  path: string,
  { report = () => {} }: { report?: (line: string) => void } = {},
): Promise<TrustStore> {
  let approvals = await load(path, report);
  let writing: Promise<void> = Promise.resolve();
  const hashes = new WeakMap<OutsideItem, string>();
  const hashOf = (item: OutsideItem) => {
    const known = hashes.get(item);
    if (known !== undefined) return known;
    const hash = createHash("sha256").update(item.text).digest("hex");
    hashes.set(item, hash);
    return hash;
  };
  /** One change after the other: each is on disk before it counts, and one that fails changes nothing. */
  const change = (next: (now: Map<string, Approval>) => void): Promise<void> => {
    const done = writing.then(async () => {
      const changed = new Map(approvals);
      next(changed);
      if (changed.size > approvalsMax) {
        throw new Problem("limit_reached", `Cannot approve: there are ${approvalsMax} approvals already`, {
          hint: "take back those of folders that are no longer used",
        });
      }
      const text = JSON.stringify({ version: 1, approvals: [...changed.values()] }, null, 1);
      await replaceFile(path, text);
      approvals = changed;
    });
    writing = done.catch(() => {});
    return done;
  };
  return {
    standing(item): Standing {
      const known = approvals.get(keyOf(item));
      if (known === undefined) return "unknown";
      return known.sha256 === hashOf(item) ? "approved" : "changed";
    },
    approve: (items) =>
      change((now) => {
        for (const item of items) {
          const { workspace, kind, name } = item;
          const at = new Date().toISOString();
          now.set(keyOf(item), { workspace, kind, name, sha256: hashOf(item), approved_at: at });
        }
      }),
    revoke: (workspace) =>
      change((now) => {
        for (const [key, entry] of now) if (entry.workspace === workspace) now.delete(key);
      }),
  };
}

function keyOf({ workspace, kind, name }: { workspace: string; kind: string; name: string }): string {
  return JSON.stringify([workspace, kind, name]);
}

async function load(path: string, report: (line: string) => void): Promise<Map<string, Approval>> {
  const text = await readSmallFile(path, fileBytesMax);
  if (text === null) return new Map();
  try {
    if (text === "too large") throw new Error(`it has more than ${fileBytesMax} bytes`);
    const { approvals } = fileShape.parse(JSON.parse(text.content));
    return new Map(approvals.map((entry) => [keyOf(entry), entry]));
  } catch (thrown) {
    const aside = `${path}.damaged-${Date.now()}`;
    await rename(path, aside);
    const why = thrown instanceof z.ZodError ? "it is not what was written" : messageOf(thrown);
    report(
      `Cannot read approvals "${path}": ${why}, it is kept as "${aside}" and all is to be approved again`,
    );
    return new Map();
  }
}
