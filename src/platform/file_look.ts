// How a file looks without being opened, so that it is read again only when it has changed.

/** A file that changed less than this before it was looked at may change again without looking different. */
const settleMs = 100;

export interface FileLook {
  /** Another one after every change, except one that follows another within a tick of the file system's clock. */
  text: string;
  /** Whether that exception is past: only then does the same look mean the same content. */
  isSettled: boolean;
}

export function lookOf({ mtime, ctime, size, ino, isDirectory }: Deno.FileInfo): FileLook {
  const times = [mtime?.getTime() ?? 0, ctime?.getTime() ?? 0];
  const now = Date.now();
  return {
    // The size of a folder says nothing, and is not the same everywhere.
    text: [...times, isDirectory ? "" : size, ino].join(":"),
    isSettled: times.every((time) => Math.abs(now - time) >= settleMs),
  };
}

/** How it looks where nothing is. */
export const lookOfNothing: FileLook = { text: "none", isSettled: true };
