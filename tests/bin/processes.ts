// Processes as the system shows them (Linux: /proc), and waiting for something to become so.

const waitMsMax = 30_000;
const pollMs = 25;

/** Polls until there is a value; fails when there is none for a long time. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + waitMsMax;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Nothing came in ${waitMsMax / 1000} s: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** A process that has ended but was not asked for its exit code counts as gone. */
export function isRunning(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== "Z" && state !== "X";
}

/** All running processes whose environment holds this entry, which everything that was started with it inherits. */
export function processesWith(name: string, value: string): number[] {
  return [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name)).filter((pid) =>
    Number.isInteger(pid) && isRunning(pid) && `\0${environmentOf(pid)}`.includes(`\0${name}=${value}\0`)
  );
}

/** The first field after the name, which may itself hold spaces and brackets. */
function stateOf(pid: number): string | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[0];
  } catch {
    return undefined;
  }
}

function environmentOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`);
  } catch {
    return "";
  }
}
