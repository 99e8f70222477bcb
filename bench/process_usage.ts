// What a process has used, as the system counts it. Null where that cannot be read.
const ticksPerSecond = 100;

/** CPU time in milliseconds (Linux). */
export function cpuMs(pid: number): number | null {
  if (Deno.build.os !== "linux") return null;
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything; user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / ticksPerSecond;
}

/** Resident memory in MB. */
export async function residentMb(pid: number): Promise<number | null> {
  if (Deno.build.os === "windows") return null;
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] }).output();
  return Number(new TextDecoder().decode(stdout).trim()) / 1024;
}
