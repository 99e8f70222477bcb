// Slash commands of the user's and the folder's own: Markdown files that become a message. This only lists them.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseFrontmatter } from "./frontmatter.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import { foldersDown } from "./places.ts";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { readTextFile } from "./text_file.ts";

export const commandBytesMax = 64 * 1024;
export const commandsMax = 200;
const folderNames = [".jamey/prompts", ".claude/commands"] as const;
/** What the user's folder of prompts also holds, and what is no command. */
const systemPromptFile = "system.md";
const fileName = /^([a-z0-9][a-z0-9_-]{0,63})\.md$/i;

export interface CustomCommand {
  /** As it is typed, without the slash. */
  name: string;
  /** "" when its head has none. */
  description: string;
  source: "workspace" | "user";
  path: string;
  /** With places for arguments, see `fillArguments`. */
  body: string;
}

export interface CustomCommands {
  /** Sorted by name. */
  commands: CustomCommand[];
  broken: { path: string; why: string }[];
}

const settings = z.object({ description: z.string().max(1024).optional() });

/** The commands for a workspace (an absolute, real path); of two of one name the one closest to it counts. */
export async function customCommands(
  workspace: string,
  options: { configDir: string; secrets?: SecretPlaces | undefined },
): Promise<CustomCommands> {
  const root = repositoryRoot(workspace);
  const own = foldersDown(workspace).toReversed().flatMap((folder) =>
    folderNames.map((name) =>
      ({ folder: join(folder, name), root, source: "workspace", secrets: options.secrets }) as const
    )
  );
  const places = [
    ...own,
    { folder: join(options.configDir, "prompts"), root: null, source: "user", secrets: undefined } as const,
  ];
  const found: CustomCommands = { commands: [], broken: [] };
  for (const place of places) {
    const names = await readdir(place.folder).catch(() => []);
    for (const file of names.sort()) {
      const [, name] = fileName.exec(file) ?? [];
      if (name === undefined || (place.source === "user" && file === systemPromptFile)) continue;
      if (found.commands.some((known) => known.name === name)) continue;
      if (found.commands.length + found.broken.length >= commandsMax) break;
      const command = await readCommand(name, join(place.folder, file), place);
      if (command === null) continue;
      if ("why" in command) found.broken.push(command);
      else found.commands.push(command);
    }
  }
  return { ...found, commands: found.commands.sort((a, b) => a.name < b.name ? -1 : 1) };
}

async function readCommand(
  name: string,
  path: string,
  { root, source, secrets }: {
    root: string | null;
    source: CustomCommand["source"];
    secrets: SecretPlaces | undefined;
  },
): Promise<CustomCommand | { path: string; why: string } | null> {
  const file = await readTextFile(path, { root, bytesMax: commandBytesMax, secrets });
  if (file.status === "missing") return null;
  if (file.status === "refused") return { path, why: file.why };
  if (file.cut) return { path, why: `it has more than ${commandBytesMax} bytes` };
  const head = await parseFrontmatter(file.text);
  if (!head.ok) return { path, why: head.why };
  const parsed = settings.safeParse(head.settings);
  if (!parsed.success) {
    return { path, why: '"description" in its head is not a text of at most 1024 characters' };
  }
  return { name, description: parsed.data.description ?? "", source, path, body: head.body.trim() };
}
