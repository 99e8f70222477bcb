// What workspaces bring along: shown with its standing, and approved only as exactly what was shown.
import { createHash } from "node:crypto";
import type { OutsideView } from "../src/protocol/http.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { OutsideItem, Standing, TrustStore } from "../src/trust/contract.ts";

export interface Outside {
  store: TrustStore;
  /** Everything of a folder that needs an approval, approved or not. */
  items(workspace: string): Promise<{ item: OutsideItem; standing: Standing }[]>;
  /** After an approval: what can only be known now is found out, so that it can be shown next. Bounded, never rejects. */
  approved(workspace: string, items: readonly OutsideItem[]): Promise<void>;
}

export async function outsideViews(outside: Outside | undefined, workspace: string): Promise<OutsideView[]> {
  if (outside === undefined) return [];
  return (await outside.items(workspace)).map(({ item, standing }) => ({ ...item, standing }));
}

/** Covers every item with its whole text, so that what is approved is what was shown. */
export function outsideDigest(items: readonly Omit<OutsideView, "standing">[]): string {
  const texts = items.map(({ workspace, kind, name, text }) => [workspace, kind, name, text]);
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

export async function trustOutside(
  outside: Outside | undefined,
  workspace: string,
  digest: string,
): Promise<OutsideView[]> {
  const items = (await outside?.items(workspace) ?? []).map(({ item }) => item);
  if (outside === undefined || outsideDigest(items) !== digest) {
    throw new Problem(
      "conflict",
      `Cannot approve what "${workspace}" brings along: it is not what was shown`,
      {
        hint: "Look at it again, then approve that",
      },
    );
  }
  await outside.store.approve(items);
  await outside.approved(workspace, items);
  return await outsideViews(outside, workspace);
}
