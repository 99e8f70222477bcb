import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { logConformance } from "./conformance.ts";

async function storeInNewFolder(limits: { segmentBytes?: number } = {}) {
  const data = mkdtempSync(`${tmpdir()}/jamey-log-`);
  const store = await openFileLog(openDenoDisk(), data, { limits });
  return {
    ...store,
    async close() {
      await store.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

logConformance("file log", () => storeInNewFolder());
logConformance("file log in small segments", () => storeInNewFolder({ segmentBytes: 900 }));
