// Whether a process still runs.
import process from "node:process";

/** A process that has ended but that nobody has waited for yet does not count: it holds nothing any more. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (thrown) {
    // EPERM: it is there and belongs to somebody else.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

function isZombie(pid: number): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return /^.*\) Z /s.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    // It was there a moment ago.
    return true;
  }
}
