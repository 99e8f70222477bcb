import { env } from "node:process";
import { describe, expect, it } from "vitest";
import { openFileLog } from "../../src/log/file_log.ts";
import {
  contentAt,
  copyOf,
  fill,
  lineEnds,
  newestSegment,
  setContent,
  smallLimits,
} from "../support/saved_log.ts";
import { openSimDisk, type World } from "../support/sim_disk.ts";

/** Every so many bits one is flipped; odd, so that each place within a byte has its turn. 1 flips them all. */
const stride = Number(env.JAMEY_FLIP_STRIDE ?? 7);
const recordCount = 60;

describe("bit flips", () => {
  it("one anywhere in a marked log is found: nothing wrong is read, nothing is cut", async () => {
    const disk = openSimDisk();
    await fill(await openFileLog(disk, "/data", { limits: smallLimits }), recordCount);
    let flips = 0;
    for (const path of [...disk.world.names.keys()].filter((name) => name.endsWith(".jsonl"))) {
      const whole = contentAt(disk.world, path);
      // The closing mark covers all records before it; nothing covers the mark.
      const covered = path.endsWith(newestSegment(disk.world)) ? lineEnds(whole).at(-2) ?? 0 : whole.length;
      for (let bit = 0; bit < covered * 8; bit += stride) {
        const bytes = whole.slice();
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const world = copyOf(disk.world);
        setContent(world, path, bytes);
        const wrong = await whatIsWrong(world);
        if (wrong !== null) throw new Error(`bit ${bit} of ${path}: ${wrong}`);
        flips += 1;
      }
    }
    console.log(`bit flips: ${flips}, all found`);
    expect(flips).toBeGreaterThan(100_000 / stride);
  }, 3_600_000);
});

async function whatIsWrong(world: World): Promise<string | null> {
  const disk = openSimDisk(world);
  const log = await (await openFileLog(disk, "/data", { limits: smallLimits })).open("s1");
  const { damage } = log.report;
  if (damage === null) return "it was accepted";
  if (damage.seq !== log.durable + 1) return "the wrong record is named";
  const read = await log.read(1, recordCount);
  if (read.some((one, i) => one.seq !== i + 1) || read.length !== log.durable) return "records are missing";
  if (read.some((one) => !JSON.stringify(one.data).includes(`"text":"hello ${one.seq} `))) return "misread";
  return disk.ops.some((op) => op.kind === "truncate" || op.kind === "write") ? "the log was changed" : null;
}
