// What workspaces bring along: shown with its standing, approved only as exactly what was shown, and taken back.
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import type { OutsideName, OutsideView, TrustedView } from "../src/protocol/http.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Approval, OutsideItem, Standing, TrustStore } from "../src/trust/contract.ts";
import type { Host } from "./host.ts";

export interface Outside {
  store: TrustStore;
  /** Everything of a folder that needs an approval, approved or not. */
  items(workspace: string): Promise<{ item: OutsideItem; standing: Standing }[]>;
  /** After an approval: what can only be known now is found out, so that it can be shown next. Bounded, never rejects. */
  approved(workspace: string, items: readonly OutsideItem[]): Promise<void>;
  /** After approvals were taken back: what runs by them is ended. Bounded, never rejects. */
  withdrawn(workspace: string): Promise<void>;
}

/** Folders that a list of approvals looks at: looking at one can put another's servers away. */
export const foldersLookedAtMax = 100;

export function trustPort(
  outside: Outside | undefined,
): Pick<Host, "outside" | "trust" | "withdrawTrust" | "trusted"> {
  return {
    outside: (workspace) => outsideViews(outside, workspace),
    trust: (workspace, digest, only) => trustOutside(outside, workspace, { digest, only }),
    withdrawTrust: async (workspace, only) => {
      if (outside === undefined) return 0;
      const real = await realFolder(workspace);
      const count = await outside.store.withdraw(real, only);
      await outside.withdrawn(real);
      return count;
    },
    trusted: async () => outside === undefined ? [] : await trustedViews(outside),
  };
}

export async function outsideViews(outside: Outside | undefined, workspace: string): Promise<OutsideView[]> {
  if (outside === undefined) return [];
  const items = await outside.items(await realFolder(workspace));
  return items.map(({ item, standing }) => {
    const previous = standing === "changed" ? outside.store.previous(item) : null;
    return { ...item, standing, ...(previous === null ? {} : { previous }) };
  });
}

/** Covers every item with its whole text, so that what is approved is what was shown. */
export function outsideDigest(items: readonly Omit<OutsideView, "standing">[]): string {
  const texts = items.map(({ workspace, kind, name, text }) => [workspace, kind, name, text]);
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

async function trustOutside(
  outside: Outside | undefined,
  workspace: string,
  { digest, only }: { digest: string; only: readonly OutsideName[] | undefined },
): Promise<OutsideView[]> {
  const real = await realFolder(workspace);
  const items = (await outside?.items(real) ?? []).map(({ item }) => item);
  if (outside === undefined || outsideDigest(items) !== digest) {
    throw new Problem(
      "conflict",
      `Cannot approve what "${workspace}" brings along: it is not what was shown`,
      {
        hint: "Look at it again, then approve that",
      },
    );
  }
  const chosen = only === undefined ? items : only.flatMap((wanted) => named(items, wanted));
  await outside.store.approve(chosen);
  await outside.approved(real, chosen);
  return await outsideViews(outside, real);
}

function named(items: readonly OutsideItem[], { kind, name }: OutsideName): OutsideItem[] {
  const found = items.filter((item) => item.kind === kind && item.name === name);
  if (found.length > 0) return found;
  throw new Problem(
    "not_found",
    `Cannot approve ${kind} "${name}": the folder brings none of that name along`,
  );
}

async function trustedViews({ store, items }: Outside): Promise<TrustedView[]> {
  const approvals = store.approvals();
  const folders = [...new Set(approvals.map(({ workspace }) => workspace).toReversed())];
  const standings = new Map<string, Standing>();
  for (const folder of folders.slice(0, foldersLookedAtMax)) {
    // A link in its place leads to another folder, which has approvals of its own.
    if (folder !== "" && await realFolder(folder) !== folder) continue;
    // The user's own servers are the same seen from any folder.
    for (const { item, standing } of await items(folder === "" ? "/" : folder)) {
      if (item.workspace === folder) standings.set(keyOf(item), standing);
    }
  }
  const unseen = new Set(folders.slice(foldersLookedAtMax));
  return approvals.map(({ approvedAt, ...approval }) => {
    const now = standings.get(keyOf(approval));
    const standing = unseen.has(approval.workspace)
      ? "unseen"
      : now === undefined || now === "unknown"
      ? "gone"
      : now;
    return { ...approval, approved_at: approvedAt, standing };
  });
}

function keyOf({ workspace, kind, name }: Pick<Approval, "workspace" | "kind" | "name">): string {
  return JSON.stringify([workspace, kind, name]);
}

/** Approvals are of real folders: one that is reached through a link has those of where the link leads, and no others. */
async function realFolder(workspace: string): Promise<string> {
  return await realpath(workspace).catch(() => workspace);
}
