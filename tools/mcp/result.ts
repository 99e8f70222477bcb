// The result of an MCP call as the outcome of a tool: text, images, and words for what cannot be shown.
import { type Image, image, imageBytesMax } from "../../src/protocol/model_parts.ts";
import type { ToolOutcome } from "../contract.ts";
import { plainText } from "../plain_text.ts";
import type { CallToolResult } from "./sdk.ts";

export const imagesMax = 4;
export const resultCharsMax = 100_000;
const blocksMax = 10_000;

type Block = CallToolResult["content"][number];

/** Longer texts are cut by the tool's own limit. */
export function outcomeOf(result: CallToolResult): ToolOutcome {
  const images: Image[] = [];
  const parts = result.content.slice(0, blocksMax).map((block) => wordsOf(block, images));
  if (result.content.length > blocksMax) parts.push(`[${result.content.length - blocksMax} further parts]`);
  const structured = result.structuredContent;
  if (structured !== undefined && !parts.some((part) => saysTheSame(part, structured))) {
    parts.push(JSON.stringify(structured));
  }
  const output = plainText(parts.filter((part) => part !== "").join("\n"));
  if (result.isError === true) {
    return { status: "failed", error: "the tool reports an error", output: output || "[no output]" };
  }
  return {
    status: "finished",
    output: output || (images.length > 0 ? `[${images.length} images]` : "[no output]"),
    truncated: false,
    ...(images.length > 0 ? { images } : {}),
  };
}

function wordsOf(block: Block, images: Image[]): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
      return takeImage(block, images);
    case "audio":
      return `[audio, ${block.mimeType.slice(0, 100)}: it cannot be shown]`;
    case "resource":
      if ("text" in block.resource) return block.resource.text;
      return `[resource "${block.resource.uri.slice(0, 1_000)}": its bytes cannot be shown]`;
    case "resource_link":
      return `[resource "${block.name.slice(0, 200)}" at "${block.uri.slice(0, 1_000)}"]`;
    default:
      return block satisfies never;
  }
}

/** Keeps the image when it can be shown; the words otherwise say why not. */
function takeImage(block: { data: string; mimeType: string }, images: Image[]): string {
  const parsed = image.safeParse({ media_type: block.mimeType, data: block.data.replace(/\s/g, "") });
  if (!parsed.success || !/^[A-Za-z0-9+/]*={0,2}$/.test(parsed.data.data)) {
    return `[image of type "${block.mimeType.slice(0, 100)}": it cannot be shown]`;
  }
  const bytes = Math.floor(parsed.data.data.length * 3 / 4);
  if (bytes > imageBytesMax) return `[image of ${bytes} bytes: at most ${imageBytesMax} can be shown]`;
  if (images.length >= imagesMax) return `[one more image: at most ${imagesMax} can be shown]`;
  images.push(parsed.data);
  return "";
}

/** Servers give structured results as text too, for clients that do not know them: as JSON, or its one text. */
function saysTheSame(part: string, structured: Record<string, unknown>): boolean {
  const [only, ...further] = Object.values(structured);
  if (only === part && further.length === 0) return true;
  if (!part.startsWith("{")) return false;
  try {
    return JSON.stringify(JSON.parse(part)) === JSON.stringify(structured);
  } catch {
    return false;
  }
}
