import { env } from "node:process";
import { describe, expect, it } from "vitest";
import type { Disk } from "../../src/log/disk.ts";
import { explore } from "./crash_explorer.ts";

const imagesDefault = 50_000;
const images = Number(env.JAMEY_EXPLORER_IMAGES ?? imagesDefault);
const seed = Number(env.JAMEY_EXPLORER_SEED ?? 1);

describe("crash-point explorer", () => {
  it(
    "whatever a crash leaves of unsynced work, everything acknowledged is there and the log goes on",
    async () => {
      const found = await explore({ images, seed });
      console.log(
        `crash explorer: ${found.images} images, seeds ${found.seeds[0]} to ${found.seeds.at(-1)}, ` +
          `${found.violations} violations`,
      );
      expect(found.examples).toEqual([]);
      expect(found.violations).toBe(0);
      expect(found.images).toBeGreaterThanOrEqual(images);
    },
    3_600_000,
  );

  it("a log that acknowledges before its file is synced is found out", async () => {
    const found = await explore({ images: 1500, seed, wrap: withoutFileSync });
    expect(found.violations).toBeGreaterThan(0);
  });

  it("a log that never syncs its folders is found out", async () => {
    const found = await explore({ images: 1500, seed, wrap: withoutFolderSync });
    expect(found.violations).toBeGreaterThan(0);
  });
});

function withoutFileSync(disk: Disk): Disk {
  return {
    ...disk,
    open: (path, mode) => ({ ...disk.open(path, mode), sync: () => Promise.resolve() }),
  };
}

function withoutFolderSync(disk: Disk): Disk {
  return { ...disk, syncFolder: () => Promise.resolve() };
}
