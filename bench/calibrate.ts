// Calibrations: the bare work of this machine that the rows are compared with.

/** Bytes of the bare append: about one record of the log. */
export const appendBytes = 300;

export interface BareFile {
  /** One append and one fdatasync, waited for in the thread. */
  appendSync(bytes?: number): void;
  /** One append and one fdatasync, waited for as the log does. */
  append(bytes?: number): Promise<void>;
  close(): void;
}

export function openBareFile(path: string): BareFile {
  const file = Deno.openSync(path, { append: true, create: true });
  const record = (bytes: number) => new Uint8Array(bytes).fill(0x61);
  return {
    appendSync(bytes = appendBytes) {
      file.writeSync(record(bytes));
      file.syncDataSync();
    },
    async append(bytes = appendBytes) {
      file.writeSync(record(bytes));
      await file.syncData();
    },
    close: () => file.close(),
  };
}

/** The least that a lasting new file in a new folder takes: folder, file, append, and a sync of each. */
export async function bareCreate(parent: string, name: string): Promise<void> {
  const folder = `${parent}/${name}`;
  Deno.mkdirSync(folder);
  const file = Deno.openSync(`${folder}/record`, { write: true, createNew: true });
  file.writeSync(new Uint8Array(appendBytes).fill(0x61));
  await Promise.all([file.syncData(), syncFolder(folder), syncFolder(parent)]);
  file.close();
}

async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const folder = Deno.openSync(path);
  await folder.sync();
  folder.close();
}

/** Reads a file of JSON lines and parses each: what any reader of the log pays. Returns how many there were. */
export function parseLines(paths: readonly string[]): number {
  let count = 0;
  for (const path of paths) {
    for (const line of new TextDecoder().decode(Deno.readFileSync(path)).split("\n")) {
      if (line === "") continue;
      JSON.parse(line);
      count++;
    }
  }
  return count;
}
