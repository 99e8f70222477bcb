// Pins: a server's tools are used as they were when they were approved. What changed since waits for a person; what did
// not goes on. Tools of the user's own servers are approved at first sight.
import { createHash } from "node:crypto";
import type { OutsideItem, Standing, TrustStore } from "../../src/trust/contract.ts";
import type { ListedTool, Listing } from "./listing.ts";
import { toolText } from "./listing.ts";
import type { CachedListing, ListingCache } from "./listing_cache.ts";

const namesMax = 10;
const entryHashChars = 8;

export interface PinsOptions {
  /** "" for a server of the user's own configuration: its tools are approved at first sight. */
  workspace: string;
  name: string;
  /** The entry: a server with another one is another server. */
  text: string;
  trust: TrustStore;
  cache: ListingCache;
  report(line: string): void;
}

export interface Pins {
  /** The tools that may be used now; the same array while nothing changed. */
  usable(): Promise<readonly ListedTool[]>;
  mayUse(tool: ListedTool): Promise<boolean>;
  isKnown(): Promise<boolean>;
  /** Takes note of what the server says now. */
  see(listing: Listing): Promise<void>;
  standing(): Promise<{ state: "unknown" | "changed" | "ready"; reason: string }>;
  /** What a person may approve: the whole listing as it is now. */
  item(): Promise<{ item: OutsideItem; standing: Standing } | null>;
}

interface Pinned {
  latest: Listing;
  item: OutsideItem;
  base: Listing | null;
  baseItem: OutsideItem | null;
}

export function openPins(options: PinsOptions): Pins {
  const { trust } = options;
  let pinned: Promise<Pinned | null> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const known = () => pinned ??= options.cache.read().then((cached) => cached && itemsOf(cached, options));
  const choose = chooser(trust);
  const see = async (listing: Listing) => {
    const before = await known();
    if (before?.latest.text === listing.text) return;
    const base = before === null ? null : approvedOf(before, trust);
    const after = itemsOf({ latest: listing, base }, options);
    if (before === null && options.workspace === "" && trust.standing(after.item) === "unknown") {
      await trust.approve([after.item]);
    }
    pinned = Promise.resolve(after);
    await options.cache.write({ latest: listing, base });
    for (const note of listing.notes) options.report(`MCP server "${options.name}": ${note}`);
    const waiting = listing.tools.length - choose(after).length;
    if (waiting > 0) {
      options.report(
        `MCP server "${options.name}": ${waiting} tools wait for approval of how they are described`,
      );
    }
  };
  return {
    see: (listing) => writing = writing.catch(() => {}).then(() => see(listing)),
    isKnown: async () => await known() !== null,
    async usable() {
      const now = await known();
      return now === null ? [] : choose(now);
    },
    async mayUse(tool) {
      const now = await known();
      return now !== null && choose(now).some((each) => toolText(each) === toolText(tool));
    },
    async item() {
      const now = await known();
      if (now === null || now.latest.tools.length === 0) return null;
      return { item: now.item, standing: trust.standing(now.item) };
    },
    async standing() {
      const now = await known();
      if (now === null) return { state: "unknown", reason: "it was never connected to" };
      const standing = trust.standing(now.item);
      const notes = now.latest.notes.join("; ");
      if (standing === "approved") return { state: "ready", reason: notes };
      const usable = new Set(choose(now).map(toolText));
      const waiting = now.latest.tools.filter((tool) => !usable.has(toolText(tool))).map(({ name }) =>
        `"${name}"`
      );
      const rest = waiting.length > namesMax ? ` and ${waiting.length - namesMax} more` : "";
      const what = `tools that wait for approval: ${waiting.slice(0, namesMax).join(", ")}${rest}`;
      const hadBase = standing === "changed" || now.base !== null;
      return { state: hadBase ? "changed" : "unknown", reason: [what, notes].filter(Boolean).join("; ") };
    },
  };
}

function itemsOf(
  { latest, base }: CachedListing,
  { workspace, name: server, text: entry }: PinsOptions,
): Pinned {
  const name = `${server} ${createHash("sha256").update(entry).digest("hex").slice(0, entryHashChars)}`;
  const itemOf = ({ text }: Listing): OutsideItem => ({ workspace, kind: "mcp_tools", name, text });
  return { latest, item: itemOf(latest), base, baseItem: base && itemOf(base) };
}

/** What is approved of all that is known: the latest, or what it was before. */
function approvedOf({ latest, item, base, baseItem }: Pinned, trust: TrustStore): Listing | null {
  if (trust.standing(item) === "approved") return latest;
  return baseItem !== null && trust.standing(baseItem) === "approved" ? base : null;
}

/** Asked before every model call: the choice is made again only when something changed. */
function chooser(trust: TrustStore): (pinned: Pinned) => readonly ListedTool[] {
  let last: { pinned: Pinned; approved: Listing | null; tools: readonly ListedTool[] } | null = null;
  return (pinned) => {
    const approved = approvedOf(pinned, trust);
    if (last?.pinned === pinned && last.approved === approved) return last.tools;
    const texts = new Set(approved?.tools.map(toolText));
    const tools = approved === pinned.latest
      ? pinned.latest.tools
      : pinned.latest.tools.filter((tool) => texts.has(toolText(tool)));
    last = { pinned, approved, tools };
    return tools;
  };
}
