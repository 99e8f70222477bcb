// Skills: folders with a SKILL.md that say how to do something. Only names and descriptions are in the prompt; the text
// is read when one is used.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import { headedPlaces, headFault, type Place, readHeadedFile } from "./headed_file.ts";
import { remembered, type Watch } from "./remembered.ts";

export const skillBytesMax = 128 * 1024;
export const skillsMax = 200;
const workspacesMax = 64;
const skillsFolders = [".agents/skills", ".claude/skills"] as const;

export interface Skill {
  name: string;
  description: string;
  source: "workspace" | "user";
  /** Absolute path of its folder: what its text mentions lies there. */
  folder: string;
}

export interface BrokenSkill {
  folder: string;
  why: string;
}

export interface SkillSet {
  /** Sorted by name. */
  skills: Skill[];
  broken: BrokenSkill[];
}

/** Whatever else a head asks for (tools, a model, hooks) has no effect: a skill is text to follow, and allows nothing. */
const settings = z.object({
  name: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 of "a-z", "0-9" and "-"'),
  description: z.string().trim().min(1, "is empty").max(1024, "has more than 1024 characters"),
});

/** Finds the skills of a workspace (an absolute, real path); what did not change is not read again. */
export function createSkills(
  options: { home: string; secrets?: SecretPlaces | undefined },
): (workspace: string) => Promise<SkillSet> {
  return remembered(workspacesMax, async (workspace, watch) => {
    watch(join(repositoryRoot(workspace), ".git"));
    const users = skillsFolders.map((name) => join(options.home, name));
    const found: SkillSet = { skills: [], broken: [] };
    for (const place of headedPlaces(workspace, { own: skillsFolders, users, secrets: options.secrets })) {
      await addSkills(place, found, watch);
    }
    return { ...found, skills: found.skills.sort((a, b) => a.name < b.name ? -1 : 1) };
  });
}

async function addSkills(place: Place, found: SkillSet, watch: Watch): Promise<void> {
  watch(place.folder);
  const entries = await readdir(place.folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) =>
    entry.name
  );
  for (const name of names.sort()) {
    if (found.skills.length + found.broken.length >= skillsMax) return;
    const folder = join(place.folder, name);
    const skill = await readSkill(name, { ...place, folder }, watch);
    if (skill === null || found.skills.some((known) => known.name === name)) continue;
    if ("why" in skill) found.broken.push(skill);
    else found.skills.push(skill);
  }
}

/** Null when the folder holds no skill at all. */
async function readSkill(name: string, place: Place, watch: Watch): Promise<Skill | BrokenSkill | null> {
  const { folder, source } = place;
  const path = join(folder, "SKILL.md");
  watch(path);
  const file = await readHeadedFile(path, { ...place, bytesMax: skillBytesMax });
  if (file === null) return null;
  if (!file.ok) return { folder, why: file.why };
  const parsed = settings.safeParse(file.settings);
  if (!parsed.success) return { folder, why: headFault(parsed.error.issues[0]) };
  if (parsed.data.name !== name) {
    return { folder, why: `"name" is "${parsed.data.name}", it must be that of its folder, "${name}"` };
  }
  return { name, description: parsed.data.description, source, folder };
}

/** The text of a skill as it is now, without its head. */
export async function readSkillBody(
  skill: Skill,
  workspace: string,
  secrets?: SecretPlaces,
): Promise<{ ok: true; body: string } | { ok: false; why: string }> {
  const place = skill.source === "workspace"
    ? { root: repositoryRoot(workspace), secrets }
    : { root: null, secrets: undefined };
  const file = await readHeadedFile(join(skill.folder, "SKILL.md"), { ...place, bytesMax: skillBytesMax });
  return file ?? { ok: false, why: "it is not there any more" };
}
