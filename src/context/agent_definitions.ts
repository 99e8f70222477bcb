// Definitions of agents: Markdown files whose head says what an agent may use and whose text is what it is told. Read as
// skills are: the closest folder first, then the user's; a folder's own never leads out of it and never holds a secret.
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { AgentDefinitionView } from "../protocol/agent_views.ts";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import { readAgentHead } from "./agent_head.ts";
import { headedPlaces, type Place, readHeadedFile } from "./headed_file.ts";
import { remembered, type Watch } from "./remembered.ts";

export const agentBytesMax = 64 * 1024;
export const agentsMax = 200;
const workspacesMax = 64;
const agentFolders = [".agents/agents", ".claude/agents"] as const;
const fileName = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})\.md$/;

/** One that an `Agent` call can name; `instructions` is its text. */
export type AgentDefinition = AgentDefinitionView & { instructions: string };

export interface BrokenAgent {
  path: string;
  why: string;
}

export interface AgentSet {
  /** Sorted by name. */
  agents: AgentDefinition[];
  broken: BrokenAgent[];
}

/** The definition of this name, or one that is broken and would have it; undefined when there is neither. */
export function definitionNamed(
  { agents, broken }: AgentSet,
  name: string,
): AgentDefinition | BrokenAgent | undefined {
  return agents.find((agent) => agent.name === name) ??
    broken.find(({ path }) => basename(path) === `${name}.md`);
}

/** Finds the definitions of a workspace (an absolute, real path); the same set as long as no file changed. */
export function createAgentDefinitions(
  options: { home: string; secrets?: SecretPlaces | undefined },
): (workspace: string) => Promise<AgentSet> {
  return remembered(workspacesMax, async (workspace, watch) => {
    watch(join(repositoryRoot(workspace), ".git"));
    const users = agentFolders.map((name) => join(options.home, name));
    const found: AgentSet = { agents: [], broken: [] };
    for (const place of headedPlaces(workspace, { own: agentFolders, users, secrets: options.secrets })) {
      await addAgents(place, found, watch);
    }
    return { ...found, agents: found.agents.sort((a, b) => a.name < b.name ? -1 : 1) };
  });
}

async function addAgents(place: Place, found: AgentSet, watch: Watch): Promise<void> {
  watch(place.folder);
  const names = await readdir(place.folder).catch(() => []);
  const here = new Map<string, string>();
  for (const file of names.sort()) {
    const [, stem] = fileName.exec(file) ?? [];
    if (stem === undefined) continue;
    if (found.agents.length + found.broken.length >= agentsMax) return;
    const path = join(place.folder, file);
    watch(path);
    const agent = await readAgent(stem, path, place);
    if (agent === null) continue;
    if ("why" in agent) found.broken.push(agent);
    else if (here.has(agent.name)) {
      found.broken.push({ path, why: `"name" is "${agent.name}", as in "${here.get(agent.name)}"` });
    } else {
      here.set(agent.name, file);
      // Of two in different places the closer one counts.
      if (!found.agents.some(({ name }) => name === agent.name)) found.agents.push(agent);
    }
  }
}

async function readAgent(
  stem: string,
  path: string,
  place: Place,
): Promise<AgentDefinition | BrokenAgent | null> {
  const file = await readHeadedFile(path, { ...place, bytesMax: agentBytesMax });
  if (file === null) return null;
  if (!file.ok) return { path, why: file.why };
  const read = readAgentHead({ name: stem, ...file.settings });
  if (!read.ok) return { path, why: read.why };
  return { ...read.settings, source: place.source, path, instructions: file.body };
}
