// Listings on disk, so that tools are known without starting their servers. A cache: without it servers are asked again.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { listedTool, type Listing, listingOf } from "./listing.ts";

const fileBytesMax = 4 * 1024 * 1024;
const fileShape = z.object({
  version: z.literal(1),
  latest: z.array(listedTool),
  notes: z.array(z.string()),
  base: z.array(listedTool).nullable(),
});

export interface CachedListing {
  /** What the server said last. */
  latest: Listing;
  /** What it had said when it was approved, where that is something else. */
  base: Listing | null;
}

export interface ListingCache {
  /** Null when nothing is known, or what is there makes no sense. */
  read(): Promise<CachedListing | null>;
  /** Never rejects: what cannot be kept is asked for again. */
  write(cached: CachedListing): Promise<void>;
}

/** The place of one server's listing; another one for every other entry. */
export function listingCache(folder: string, key: readonly string[]): ListingCache {
  const hash = createHash("sha256").update(JSON.stringify(key)).digest("hex");
  const path = join(folder, `${hash}.json`);
  return {
    async read() {
      try {
        if ((await stat(path)).size > fileBytesMax) return null;
        const { latest, notes, base } = fileShape.parse(JSON.parse(await readFile(path, "utf8")));
        return { latest: listingOf(latest, notes), base: base === null ? null : listingOf(base) };
      } catch {
        return null;
      }
    },
    async write({ latest, base }) {
      const draft = `${path}.${crypto.randomUUID()}.new`;
      const content = { version: 1, latest: latest.tools, notes: latest.notes, base: base?.tools ?? null };
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
        await rename(draft, path);
      } catch {
        await rm(draft, { force: true }).catch(() => {});
      }
    },
  };
}
