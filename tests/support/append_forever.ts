// A process of its own that appends to a log without end and says what was acknowledged, until it is killed.
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { record } from "./log_records.ts";

const inFlight = 20;
const [data = ""] = Deno.args;
const store = await openFileLog(openDenoDisk(), data, { limits: { segmentBytes: 50_000 } });
const exists = (await store.list()).includes("s1");
const log = exists ? await store.open("s1") : await store.create("s1", 1, [record(1)]);
console.log(log.durable);
await Promise.all(Array.from({ length: inFlight }, async () => {
  for (;;) {
    const seq = log.head + 1;
    await log.append(1, log.head, [record(seq)]);
    Deno.stdout.writeSync(new TextEncoder().encode(`${seq}\n`));
  }
}));
