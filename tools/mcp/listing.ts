// The tools of one MCP server as it described them, brought within limits: what is shown to models, approved and pinned.
import { z } from "zod";
import { type JsonObject, jsonObject, type JsonValue } from "../../src/protocol/json.ts";
import { visible } from "../visible.ts";

export const toolsMax = 128;
export const descriptionCharsMax = 2_000;
export const toolTextCharsMax = 20_000;
export const listingCharsMax = 400_000;
const toolNameCharsMax = 128;

export const listedTool = z.object({
  name: z.string().min(1).max(toolNameCharsMax),
  description: z.string(),
  parameters: jsonObject,
  /** The server says that it changes nothing. Shown to people; nothing is decided by it. */
  says_read_only: z.boolean(),
});
export type ListedTool = z.infer<typeof listedTool>;

export interface Listing {
  /** By name, each name once. */
  tools: readonly ListedTool[];
  /** All of it, the same for the same tools in any order. */
  text: string;
  /** What was left out. */
  notes: readonly string[];
}

/** A tool as the SDK gives it. */
export interface ServedTool {
  name: string;
  description?: string | undefined;
  inputSchema: unknown;
  annotations?: { readOnlyHint?: boolean | undefined } | undefined;
}

export function makeListing(served: readonly ServedTool[]): Listing {
  const notes: string[] = [];
  const counts = new Map<string, number>();
  for (const { name } of served) counts.set(name, (counts.get(name) ?? 0) + 1);
  const doubled = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  if (doubled.length > 0) notes.push(`${doubled.length} names were given to several tools: ${some(doubled)}`);
  const single = served.filter(({ name }) => counts.get(name) === 1)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  if (single.length > toolsMax) {
    notes.push(`${single.length - toolsMax} tools beyond ${toolsMax} were left out`);
  }
  const read = single.slice(0, toolsMax).map(readTool);
  const refused = read.filter((result) => typeof result === "string");
  if (refused.length > 0) {
    notes.push(`${refused.length} tools were too large or badly described: ${some(refused)}`);
  }
  return listingOf(read.filter((result) => typeof result !== "string"), notes);
}

/** The listing of tools that were brought within limits before. */
export function listingOf(tools: readonly ListedTool[], notes: readonly string[] = []): Listing {
  let chars = 0;
  const kept = tools.filter((tool) => (chars += toolText(tool).length) <= listingCharsMax);
  const lost = tools.length - kept.length;
  return {
    tools: kept,
    text: `[${kept.map((tool) => `\n${toolText(tool)}`).join(",")}\n]`,
    notes: lost === 0
      ? notes
      : [...notes, `${lost} tools beyond ${listingCharsMax} characters were left out`],
  };
}

/** What makes one tool the same as before. */
export function toolText(tool: ListedTool): string {
  return JSON.stringify(sorted(tool), null, 1);
}

/** The name alone when it cannot be used. */
function readTool(served: ServedTool): ListedTool | string {
  const description = visible(served.description ?? "");
  const parsed = listedTool.safeParse({
    name: served.name,
    description: description.length <= descriptionCharsMax
      ? description
      : `${description.slice(0, descriptionCharsMax)} [cut]`,
    parameters: withoutHidden(JSON.parse(JSON.stringify(served.inputSchema))),
    says_read_only: served.annotations?.readOnlyHint === true,
  });
  const fits = parsed.success && JSON.stringify(parsed.data).length <= toolTextCharsMax;
  return fits ? parsed.data : served.name.slice(0, toolNameCharsMax);
}

/** Words for the model without characters that people cannot see. Other texts of a schema are data and stay. */
function withoutHidden(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutHidden);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const isWords = typeof child === "string" && ["description", "title", "$comment"].includes(key);
      return [key, isWords ? visible(child) : withoutHidden(child)];
    }),
  );
}

/** Keys in order, at every depth. */
function sorted(value: JsonValue | JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key] ?? null)]));
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${visible(name.slice(0, 64))}"`).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
