// What an external tool answers: JSON with an output, or plain text.
import { z } from "zod";
import { image, imageBytesMax } from "../../src/protocol/model_parts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { ToolContext, ToolOutcome } from "../contract.ts";
import { plainText } from "../plain_text.ts";

export const outputCharsMax = 100_000;
export const answerBytesMax = 32 * 1024 * 1024;
export const imagesMax = 4;

const answerShape = z.object({
  output: z.string(),
  is_error: z.boolean().optional(),
  images: z.array(image).optional(),
});

/** What the tool is told, as JSON. */
export function questionText(tool: string, args: JsonObject, { session, workspace }: ToolContext): string {
  return JSON.stringify({ tool, args, session_id: session.sessionId, workspace });
}

/** `isCut`: there was more than `answerBytesMax`. */
export function outcomeOf(text: string, isCut: boolean): ToolOutcome {
  const answer = readAnswer(text);
  const output = plainText(answer.output).trimEnd();
  if (answer.is_error === true) {
    return { status: "failed", error: "the tool reports an error", output: output || "[no output]" };
  }
  const given = answer.images ?? [];
  const images = given.filter(({ data }) => data.length * 3 / 4 <= imageBytesMax).slice(0, imagesMax);
  const lost = given.length - images.length;
  const note = lost === 0
    ? ""
    : `[${lost} images are not shown: at most ${imagesMax}, each of at most ${imageBytesMax} bytes]`;
  return {
    status: "finished",
    output: [output, note].filter((part) => part !== "").join("\n") || "[no output]",
    truncated: isCut,
    ...(images.length === 0 ? {} : { images }),
  };
}

function readAnswer(text: string): z.infer<typeof answerShape> {
  if (!text.trimStart().startsWith("{")) return { output: text };
  try {
    return answerShape.parse(JSON.parse(text));
  } catch {
    return { output: text };
  }
}
