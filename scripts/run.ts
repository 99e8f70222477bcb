// For build scripts: runs a program in plain sight, and ends the script with a reason.

/** Runs a program with our own output; resolves with its exit code, 127 when it cannot be started. */
export async function run(program: string, args: readonly string[]): Promise<number> {
  console.log(`$ ${program} ${args.join(" ")}`);
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  });
  try {
    return (await command.output()).code;
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    return 127;
  }
}

/** Says why on stderr and ends with exit code 1. */
export function fail(reason: string): never {
  console.error(`error: ${reason}`);
  Deno.exit(1);
}
