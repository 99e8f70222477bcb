// A process of its own that holds the lock of a data folder until its input ends.
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";

const [data = ""] = Deno.args;
const store = await openFileLog(openDenoDisk(), data, { url: "http://127.0.0.1:7777" });
console.log("held");
for await (const _ of Deno.stdin.readable);
await store.close();
