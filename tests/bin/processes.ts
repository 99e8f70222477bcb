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

/** All running processes whose environment holds this entry, or that have this process as their parent. */
export function processesOf({ marker, parent }: { marker: string; parent: number }): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) =>
    Number.isInteger(pid) && isRunning(pid) && pid !== Deno.pid &&
    (parentOf(pid) === parent || environmentOf(pid).includes(marker))
  );
}

function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

function parentOf(pid: number): number {
  return Number(statOf(pid)?.[1]);
}

/** The fields after the name, which may itself hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
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
