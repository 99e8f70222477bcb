// The trust store: one small JSON file of the user with the hash of everything that was approved, and beside it the
// texts, which decide nothing.
import { rename } from "node:fs/promises";
import { z } from "zod";
import { messageOf, Problem } from "../protocol/problem.ts";
import type { OutsideItem, Standing, TrustStore } from "./contract.ts";
import { readSmallFile, replaceFile } from "./file.ts";
import { hashOf, openApprovedTexts, textsMax } from "./texts.ts";

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
  const texts = openApprovedTexts(`${path.replace(/\.json$/, "")}_texts`);
  let writing: Promise<unknown> = Promise.resolve();
  const hashes = new WeakMap<OutsideItem, string>();
  const hashOfItem = (item: OutsideItem) => {
    const known = hashes.get(item) ?? hashOf(item.text);
    hashes.set(item, known);
    return known;
  };
  /** One change after the other: each is on disk before it counts, and one that fails changes nothing. */
  const change = <Answer>(
    next: (now: Map<string, Approval>) => Answer,
    added: readonly OutsideItem[] = [],
  ): Promise<Answer> => {
    const done = writing.then(async () => {
      const changed = new Map(approvals);
      const answer = next(changed);
      if (changed.size > approvalsMax) {
        throw new Problem("limit_reached", `Cannot approve: there are ${approvalsMax} approvals already`, {
          hint: "take back those of folders that are no longer used",
        });
      }
      for (const item of added.slice(-textsMax)) await texts.keep(hashOfItem(item), item.text);
      await replaceFile(path, JSON.stringify({ version: 1, approvals: [...changed.values()] }, null, 1));
      approvals = changed;
      const kept = [...changed.values()].slice(-textsMax).map(({ sha256 }) => sha256);
      await texts.keepOnly(new Set(kept)).catch((thrown) =>
        report(`Cannot remove texts that are approved no more: ${messageOf(thrown)}`)
      );
      return answer;
    });
    writing = done.catch(() => {});
    return done;
  };
  return {
    standing(item): Standing {
      const known = approvals.get(keyOf(item));
      if (known === undefined) return "unknown";
      return known.sha256 === hashOfItem(item) ? "approved" : "changed";
    },
    previous(item) {
      const known = approvals.get(keyOf(item));
      return known === undefined ? null : texts.read(known.sha256);
    },
    approvals: () =>
      [...approvals.values()].map(({ workspace, kind, name, approved_at: approvedAt }) => ({
        workspace,
        kind,
        name,
        approvedAt,
      })),
    approve: (items) =>
      change((now) => {
        for (const item of items) {
          if (now.get(keyOf(item))?.sha256 === hashOfItem(item)) continue;
          const { workspace, kind, name } = item;
          const at = new Date().toISOString();
          // Taken out first, because the latest stand at the end.
          now.delete(keyOf(item));
          now.set(keyOf(item), { workspace, kind, name, sha256: hashOfItem(item), approved_at: at });
        }
      }, items),
    withdraw: (workspace, only) =>
      change((now) => {
        const named = only && new Set(only.map(({ kind, name }) => keyOf({ workspace, kind, name })));
        const gone = [...now].filter(([key, entry]) =>
          entry.workspace === workspace && (named === undefined || named.has(key))
        );
        for (const [key] of gone) now.delete(key);
        return gone.length;
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
    // What we write is private: this one is from elsewhere, such as a data folder that came with a repository.
    if (!text.isPrivate) throw new Error("others can read or change it, so it is not what was written here");
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
