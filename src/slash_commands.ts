// Slash commands: Markdown files of the folder and the user, and skills by their names. A command hides a skill.
import type { CommandSource } from "../actors/command_source.ts";
import { fillArguments } from "./context/arguments.ts";
import { customCommands } from "./context/custom_commands.ts";
import { createSkillLibrary } from "./context/skill_library.ts";
import type { SkillSet } from "./context/skills.ts";
import type { SecretPlaces } from "./permission/secret_places.ts";
import { Problem } from "./protocol/problem.ts";

export function createSlashCommands(
  options: {
    configDir: string;
    secrets?: SecretPlaces | undefined;
    skills: (workspace: string) => Promise<SkillSet>;
  },
): CommandSource {
  const library = createSkillLibrary(options.skills, options.secrets);
  return {
    list: async (workspace) => {
      const { commands } = await customCommands(workspace, options);
      const { skills } = await options.skills(workspace);
      const taken = new Set(commands.map(({ name }) => name));
      return [
        ...commands.map(({ name, description, source }) => ({
          name,
          description,
          source,
          kind: "command" as const,
        })),
        ...skills.filter(({ name }) => !taken.has(name))
          .map(({ name, description, source }) => ({ name, description, source, kind: "skill" as const })),
      ];
    },
    expand: async (workspace, name, args) => {
      const { commands } = await customCommands(workspace, options);
      const command = commands.find((known) => known.name === name);
      if (command !== undefined) return fillArguments(command.body, args);
      const { skills } = await options.skills(workspace);
      if (!skills.some((skill) => skill.name === name)) return null;
      const loaded = await library.load(workspace, name, args);
      if (!loaded.ok) throw new Problem("bad_request", loaded.error);
      return loaded.text;
    },
  };
}
