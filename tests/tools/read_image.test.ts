// Read on images: told by their bytes, shown whole, with their size in words.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { imageBytesMax } from "../../src/protocol/model_parts.ts";
import { imageSideMax } from "../../tools/image.ts";
import { readTool } from "../../tools/read.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const latin1 = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));
const uint32 = (value: number) =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const png = (width: number, height: number) =>
  latin1(`\x89PNG\r\n\x1a\n${uint32(13)}IHDR${uint32(width)}${uint32(height)}\x08\x02\0\0\0rest`);

async function read(bytes: Uint8Array) {
  await writeFile(join(space.dir, "image.txt"), bytes);
  return await runTool(readTool, { file_path: "image.txt" }, space.context());
}

test.each([
  ["image/png", png(640, 480), "640x480"],
  ["image/gif", latin1("GIF89a\x40\x01\xc8\x00rest"), "320x200"],
  [
    "image/jpeg",
    latin1("\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc4\x00\x03a\xff\xc2\x00\x11\x08\x00\x64\x00\xc8\x03rest"),
    "200x100",
  ],
  ["image/webp", latin1("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x2c\x01\x96\x00rest"), "300x150"],
  ["image/webp", latin1("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x63\x40\x0c\x00rest"), "100x50"],
  ["image/webp", latin1("RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x63\0\0\x31\0\0rest"), "100x50"],
])("an image of type %s is shown whole, whatever its name", async (media_type, bytes, size) => {
  const outcome = await read(bytes);
  expect(outcome).toMatchObject({
    status: "finished",
    output: `[image ${media_type}, ${size} pixels, ${bytes.length} bytes]`,
    images: [{ media_type, data: btoa(String.fromCharCode(...bytes)) }],
    files: [{ path: join(space.dir, "image.txt"), sha256: createHash("sha256").update(bytes).digest("hex") }],
  });
  expect([...await readFile(join(space.dir, "image.txt"))]).toEqual([...bytes]);
});

test("an image that is too large, too wide or damaged is refused in words", async () => {
  const large = new Uint8Array(imageBytesMax + 1);
  large.set(png(10, 10));
  expect(textOf(await read(large))).toContain(`the most is ${imageBytesMax}, make it smaller first`);
  expect((await read(large.subarray(0, imageBytesMax))).status).toBe("finished");
  expect(textOf(await read(png(imageSideMax + 1, 1)))).toContain(`the most is ${imageSideMax} a side`);
  expect((await read(png(imageSideMax, 1))).status).toBe("finished");
  for (
    const broken of [
      "\x89PNG\r\n\x1a\n",
      "\xff\xd8\xff\xe0",
      "\xff\xd8\xff\xe0\0\0\0\0",
      "GIF89a",
      "RIFF\0\0\0\0WEBPnone",
    ]
  ) {
    expect(textOf(await read(latin1(broken)))).toContain("is damaged");
  }
});
