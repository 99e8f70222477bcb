// Slash commands of the user's and the folder's own: Markdown files that become a message. This only lists them.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { headedPlaces, type Place, readHeadedFile } from "./headed_file.ts";

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
  const users = [join(options.configDir, "prompts")];
  const found: CustomCommands = { commands: [], broken: [] };
  for (const place of headedPlaces(workspace, { own: folderNames, users, secrets: options.secrets })) {
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
  place: Place,
): Promise<CustomCommand | { path: string; why: string } | null> {
  const file = await readHeadedFile(path, { ...place, bytesMax: commandBytesMax });
  if (file === null) return null;
  if (!file.ok) return { path, why: file.why };
  const parsed = settings.safeParse(file.settings);
  if (!parsed.success) {
    return { path, why: '"description" in its head is not a text of at most 1024 characters' };
  }
  const { description = "" } = parsed.data;
  return { name, description, source: place.source, path, body: file.body };
}
