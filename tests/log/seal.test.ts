import { describe, expect, it } from "vitest";
import type { Disk } from "../../src/log/disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { segmentName } from "../../src/log/names.ts";
import { records } from "../support/log_records.ts";
import { openSimDisk } from "../support/sim_disk.ts";

const limits = { segmentBytes: 500, batchBytes: 1500 };
const turns = 200;

describe("an append that starts a segment", () => {
  it("is not acknowledged before the mark that ends the segment before is on disk", async () => {
    const gate = Promise.withResolvers<void>();
    let held = 0;
    let hold = false;
    const sim = openSimDisk();
    const disk: Disk = {
      ...sim,
      open(path, mode) {
        const file = sim.open(path, mode);
        const holdable = path.endsWith(segmentName(1));
        const sync = async (): Promise<void> => {
          await file.sync();
          if (!hold || !holdable) return;
          held += 1;
          await gate.promise;
        };
        return { ...file, sync };
      },
    };
    const store = await openFileLog(disk, "/data", { limits });
    const log = await store.create("s1", 1, records(1, 4));
    await log.mark();
    hold = true;
    let acknowledged = false;
    const appended = log.append(1, 4, records(5, 1)).then(() => void (acknowledged = true));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    expect(sim.world.names.has(`/data/sessions/s1/${segmentName(5)}`)).toBe(true);
    expect([held, acknowledged, log.durable]).toEqual([1, false, 4]);
    gate.resolve();
    await appended;
    expect(log.durable).toBe(5);
    await store.close();
  });
});
