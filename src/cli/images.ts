// Pictures that go with a message: read, recognised by their first bytes, and put into base64.
import { encodeBase64 } from "hono/utils/encode";
import type { Client } from "../client/client.ts";
import { type Image, imageBytesMax, imageTypes, messageImagesMax } from "../protocol/model_parts.ts";
import type { SessionSummary } from "../protocol/http.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { neutralLine } from "./neutral.ts";
import type { Terminal } from "./terminal.ts";

/** Says on stderr that the session's model sees no images, where that is known: they would be left out silently. */
export async function sayBlind(
  { terminal, client }: { terminal: Terminal; client: Client },
  { provider, model }: Pick<SessionSummary, "provider" | "model">,
): Promise<void> {
  const { models } = await client.models();
  const known = models.find((view) => view.provider === provider && view.default_model === model);
  if (known === undefined || known.vision || known.error !== undefined) return;
  const name = neutralLine(`${provider}/${model}`);
  terminal.warn(
    terminal.talkColours.yellow(
      `The model ${name} sees no images and is only told that there are some; if it does, set vision for it in runtime.toml`,
    ),
  );
}

/** Files as an option names them, parted by commas. */
export function imagePaths(files: string | undefined): string[] {
  return (files ?? "").split(",").map((path) => path.trim()).filter((path) => path !== "");
}

/** The images of these files; a Problem names the one that cannot be used. */
export async function readImages(paths: readonly string[]): Promise<Image[]> {
  if (paths.length > messageImagesMax) {
    throw new Problem(
      "bad_request",
      `Cannot send ${paths.length} images: a message takes ${messageImagesMax}`,
    );
  }
  return await Promise.all(paths.map(readImage));
}

async function readImage(path: string): Promise<Image> {
  const refuse = (why: string) => new Problem("bad_request", `Cannot send image "${path}": ${why}`);
  const { size } = await Deno.stat(path).catch((thrown) => {
    throw refuse(messageOf(thrown));
  });
  if (size > imageBytesMax) throw refuse(`it has ${size} bytes, the most is ${imageBytesMax}`);
  const bytes = await Deno.readFile(path);
  const media_type = typeOf(bytes);
  if (media_type === undefined) throw refuse(`it is none of ${imageTypes.join(", ")}`);
  return { media_type, data: encodeBase64(bytes.buffer) };
}

function typeOf(bytes: Uint8Array): Image["media_type"] | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : undefined;
}
