// The examples of docs/extending.md: taken out of the page, and put where the page says into a copy of the project.
import { dirname, join } from "node:path";

export interface Example {
  language: string;
  /** Where it belongs. */
  path: string;
  text: string;
}

/** Fenced blocks whose head names a language and a place. */
export function examplesOf(page: string): Example[] {
  return [...page.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map((
    [, language = "", path = "", text = ""],
  ) => ({
    language,
    path,
    text,
  }));
}

const copied = ["src", "actors", "machines", "tools", "bin", "deno.json", "package.json"];
const filesMax = 5_000;

/** The program's source with these examples in it; packages are those of this project. */
export async function copyWith(examples: readonly Example[], folder: string): Promise<void> {
  let files = 0;
  const copy = async (path: string): Promise<void> => {
    if (++files > filesMax) throw new Error(`There are more than ${filesMax} files to copy`);
    if (!(await Deno.stat(path)).isDirectory) return await Deno.copyFile(path, join(folder, path));
    await Deno.mkdir(join(folder, path), { recursive: true });
    for await (const { name } of Deno.readDir(path)) await copy(join(path, name));
  };
  for (const path of copied) await copy(path);
  await Deno.symlink(await Deno.realPath("node_modules"), join(folder, "node_modules"));
  for (const { language, path, text } of examples) {
    const target = join(folder, path);
    if (language === "ts") await Deno.writeTextFile(target, text);
    if (language === "diff") await Deno.writeTextFile(target, patched(await Deno.readTextFile(target), text));
  }
}

/** Adds each `+` line after the line before it, which must be there. */
function patched(source: string, diff: string): string {
  const lines = source.split("\n");
  let place = 0;
  for (const line of diff.split("\n").filter((one) => one !== "")) {
    if (line.startsWith("+")) lines.splice(place++, 0, line.slice(1));
    else {
      const found = lines.indexOf(line.slice(1), place);
      if (found < 0) throw new Error(`There is no line "${line.slice(1)}"`);
      place = found + 1;
    }
  }
  return lines.join("\n");
}

/** Writes a file with its folders; scripts can be run. */
export async function put(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
  if (text.startsWith("#!")) await Deno.chmod(path, 0o755);
}
