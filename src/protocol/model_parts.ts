// Parts of what is said to a model and by it: images, usage, prices, reasoning. Shared by facts and messages.
import { z } from "zod";
import { jsonValue } from "./json.ts";

export const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
/** Bytes of one image, before base64. */
export const imageBytesMax = 5 * 1024 * 1024;
export const messageImagesMax = 8;

/** `data` is base64, without line breaks. */
export const image = z.object({ media_type: z.enum(imageTypes), data: z.string() });
/** An image as a client sends it. */
export const givenImage = z.strictObject({
  media_type: z.enum(imageTypes),
  data: z.string().min(1).max(Math.ceil(imageBytesMax / 3) * 4).regex(
    /^[A-Za-z0-9+/]+={0,2}$/,
    "must be base64",
  ),
});
export type Image = z.infer<typeof image>;

/** Tokens of one answer. `input_tokens` counts all that was sent, read from a cache or not. */
export const usage = z.object({
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  /** The part of `input_tokens` that came from the provider's prompt cache, and the part written to it. */
  cache_read_tokens: z.number().int().nonnegative().optional(),
  cache_write_tokens: z.number().int().nonnegative().optional(),
  cost_usd: z.number().nonnegative().optional(),
});
export type Usage = z.infer<typeof usage>;

/** US dollars for a million tokens. Without the cache prices, cached tokens cost what others do. */
export const price = z.object({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cache_read: z.number().nonnegative().optional(),
  cache_write: z.number().nonnegative().optional(),
});
export type Price = z.infer<typeof price>;

/**
 * What a model thought before it answered. `items` are the provider's own blocks (signed, maybe encrypted), given back to
 * providers that read this `format` and left out for all others; `text` is the readable part and may be empty.
 */
export const reasoning = z.object({
  format: z.string(),
  text: z.string(),
  items: z.array(jsonValue),
  /** Whose thoughts these are, as `provider/model`: they are given back to no other. Set by the kernel. */
  by: z.string().optional(),
});
export type Reasoning = z.infer<typeof reasoning>;
