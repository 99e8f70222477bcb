// Images that models can see: told by their first bytes, never by their names, with the size that their headers give.
import { Buffer } from "node:buffer";
import { type Image, imageBytesMax, imageTypes } from "../src/protocol/model_parts.ts";
import { Problem } from "../src/protocol/problem.ts";

export type ImageType = Image["media_type"];
/** Providers refuse larger ones, and scale down what is far below it. */
export const imageSideMax = 8000;

interface Size {
  width: number;
  height: number;
}

/** Null for what is no image of these kinds. */
export function imageTypeOf(bytes: Uint8Array): ImageType | null {
  const head = latin1(bytes, 0, 12);
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : null;
}

export function isImageType(text: string): text is ImageType {
  return imageTypes.some((type) => type === text);
}

/** The image for a model, and a line about it for everybody else. A Problem when it is too large or damaged. */
export function showImage(bytes: Uint8Array, type: ImageType, given: string): { image: Image; line: string } {
  const refuse = (what: string) => new Problem("bad_request", `Cannot read "${given}": ${what}`);
  if (bytes.length > imageBytesMax) {
    throw refuse(`the image has ${bytes.length} bytes, the most is ${imageBytesMax}, make it smaller first`);
  }
  const size = imageSize(bytes, type);
  if (size === null || size.width === 0 || size.height === 0) {
    throw refuse(`it begins like an image of type "${type}" but is damaged`);
  }
  const shown = `${size.width}x${size.height}`;
  if (size.width > imageSideMax || size.height > imageSideMax) {
    throw refuse(`the image is ${shown} pixels, the most is ${imageSideMax} a side, make it smaller first`);
  }
  return {
    image: { media_type: type, data: toBase64(bytes) },
    line: `[image ${type}, ${shown} pixels, ${bytes.length} bytes]`,
  };
}

/** From the header; null when that is damaged. */
export function imageSize(bytes: Uint8Array, type: ImageType): Size | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (type) {
      case "image/png":
        return latin1(bytes, 12, 16) === "IHDR"
          ? { width: view.getUint32(16), height: view.getUint32(20) }
          : null;
      case "image/gif":
        return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
      case "image/jpeg":
        return jpegSize(view);
      case "image/webp":
        return webpSize(bytes, view);
      default:
        return type satisfies never;
    }
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/** Goes from segment to segment up to the frame header; reading past the end throws a RangeError. */
function jpegSize(view: DataView): Size | null {
  for (let at = 2; at < view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    const isBare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    at += isBare ? 2 : 2 + Math.max(2, view.getUint16(at + 2));
  }
  return null;
}

function webpSize(bytes: Uint8Array, view: DataView): Size | null {
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (latin1(bytes, 12, 16)) {
    case "VP8 ":
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
  }
  return null;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
