// Markdown with settings at its head: `---`, YAML, `---`, text. The `yaml` library reads the middle.
import { type JsonObject, jsonObject } from "../protocol/json.ts";

export const frontmatterCharsMax = 16_000;
/** YAML can name a part and use it again; a bomb is made of that. The part itself counts as one. */
export const aliasesMax = 20;

export type Frontmatter =
  | { ok: true; settings: JsonObject; body: string }
  | { ok: false; why: string };

/** A text without such a head has no settings and is all body. */
export async function parseFrontmatter(text: string): Promise<Frontmatter> {
  const found = /^---[ \t]*\n([^]*?)(?:^|\n)---[ \t]*(?:\n|$)/m.exec(text);
  if (!text.startsWith("---") || found === null || found.index !== 0) {
    const isOpen = /^---[ \t]*\n/.test(text);
    return isOpen
      ? { ok: false, why: 'its head has no closing "---"' }
      : { ok: true, settings: {}, body: text };
  }
  const [whole, head = ""] = found;
  if (head.length > frontmatterCharsMax) {
    return { ok: false, why: `its head has more than ${frontmatterCharsMax} characters` };
  }
  const { parse } = await import("yaml");
  try {
    const value: unknown = parse(head, { maxAliasCount: aliasesMax, schema: "core", logLevel: "error" });
    const settings = jsonObject.safeParse(value ?? {});
    if (!settings.success) return { ok: false, why: "its head is not a list of named settings" };
    return { ok: true, settings: settings.data, body: text.slice(whole.length) };
  } catch (thrown) {
    const [line = ""] = thrown instanceof Error ? thrown.message.split("\n") : [];
    return { ok: false, why: `its head is not valid YAML (${line.replace(/:$/, "").slice(0, 200)})` };
  }
}
