// Images in words: their base64 says nothing to a person.
import { z } from "zod";
import { image } from "../protocol/model_parts.ts";

const images = z.array(image);
const bytesOfKilobyte = 1_000;

/** `[image image/png, 12 kB]` for each image of a fact or a message; empty when there is none. */
export function imagesText(value: unknown): string {
  const parsed = images.safeParse(value ?? []);
  if (!parsed.success) return "[images of an unknown kind]";
  return parsed.data.map(({ media_type, data }) => `[image ${media_type}, ${sizeText(data)}]`).join(" ");
}

function sizeText(base64: string): string {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const bytes = Math.floor(base64.length / 4) * 3 - padding;
  return bytes < bytesOfKilobyte ? `${bytes} bytes` : `${Math.round(bytes / bytesOfKilobyte)} kB`;
}
