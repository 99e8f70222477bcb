import { describe, expect, it } from "vitest";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { dataFolder } from "../support/data_folder.ts";
import { records } from "../support/log_records.ts";

const rounds = 6;

describe("a daemon that is killed", () => {
  it("in the middle of appending has lost nothing that it acknowledged", async () => {
    const data = dataFolder();
    let acknowledged = 0;
    for (let round = 1; round <= rounds; round++) {
      const before = acknowledged;
      acknowledged = await appendUntil(data, before + 100 * round);
      const store = await openFileLog(openDenoDisk(), data);
      const log = await store.open("s1");
      expect(log.report.damage).toBeNull();
      expect(log.durable).toBeGreaterThanOrEqual(acknowledged);
      expect(await log.read(1, log.durable)).toEqual(records(1, log.durable));
      acknowledged = log.durable;
      if (round % 2 === 0) await log.close();
      await store.close();
    }
  }, 60_000);
});

/** Runs a process that appends, kills it once it has acknowledged so many, and says what it acknowledged last. */
async function appendUntil(data: string, enough: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("../support/append_forever.ts", import.meta.url).pathname, data],
    stdout: "piped",
  }).spawn();
  let acknowledged = 0;
  let text = "";
  let killed = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    acknowledged = Math.max(acknowledged, ...lines.map(Number));
    if (acknowledged < enough || killed) continue;
    killed = true;
    child.kill("SIGKILL");
  }
  await child.status;
  return acknowledged;
}
