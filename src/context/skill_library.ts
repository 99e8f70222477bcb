// What the Skill tool asks: one skill of a workspace by its name, with its text ready to be followed.
import type { SecretPlaces } from "../permission/secret_places.ts";
import { fillArguments } from "./arguments.ts";
import { readSkillBody, type SkillSet } from "./skills.ts";

/** How many names a message lists. */
const namedMax = 30;

export type LoadedSkill = { ok: true; text: string } | { ok: false; error: string };

export function createSkillLibrary(
  skills: (workspace: string) => Promise<SkillSet>,
  secrets?: SecretPlaces,
) {
  return {
    async load(workspace: string, name: string, args: string): Promise<LoadedSkill> {
      const found = await skills(workspace);
      const skill = found.skills.find((known) => known.name === name);
      if (skill === undefined) {
        return { ok: false, error: `Cannot load the skill "${name}": ${whyNot(name, found)}` };
      }
      const text = await readSkillBody(skill, workspace, secrets);
      if (!text.ok) return { ok: false, error: `Cannot load the skill "${name}": ${text.why}` };
      const head = `Skill "${name}", from the folder "${skill.folder}". Paths in it begin there.`;
      return { ok: true, text: `${head}\n\n${fillArguments(text.body, args)}` };
    },
  };
}

function whyNot(name: string, { skills, broken }: SkillSet): string {
  const fault = broken.find(({ folder }) => folder.split(/[\\/]/).at(-1) === name);
  if (fault !== undefined) return `${fault.why}, tell the user`;
  if (skills.length === 0) return "there are no skills here";
  const names = skills.slice(0, namedMax).map((skill) => `"${skill.name}"`).join(", ");
  return `there is none of that name, known are ${names}${skills.length > namedMax ? " and others" : ""}`;
}
