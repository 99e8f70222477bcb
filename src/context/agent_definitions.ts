// Definitions of agents: Markdown files whose head says what an agent may use and whose text is what it is told. Read as
// skills are: the closest folder first, then the user's; a folder's own never leads out of it and never holds a secret.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AgentDefinitionView } from "../protocol/agent_views.ts";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import { readAgentHead } from "./agent_head.ts";
import { parseFrontmatter } from "./frontmatter.ts";
import { foldersDown } from "./places.ts";
import { remembered, type Watch } from "./remembered.ts";
import { readTextFile } from "./text_file.ts";

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

/** Finds the definitions of a workspace (an absolute, real path); the same set as long as no file changed. */
export function createAgentDefinitions(
  options: { home: string; secrets?: SecretPlaces | undefined },
): (workspace: string) => Promise<AgentSet> {
  return remembered(workspacesMax, async (workspace, watch) => {
    const root = repositoryRoot(workspace);
    watch(join(root, ".git"));
    const own = foldersDown(workspace).toReversed().map((folder) =>
      ({ folder, root, source: "workspace", secrets: options.secrets }) as const
    );
    const users = { folder: options.home, root: null, source: "user", secrets: undefined } as const;
    const found: AgentSet = { agents: [], broken: [] };
    for (const place of [...own, users]) {
      for (const name of agentFolders) {
        await addAgents({ ...place, folder: join(place.folder, name) }, found, watch);
      }
    }
    return { ...found, agents: found.agents.sort((a, b) => a.name < b.name ? -1 : 1) };
  });
}

interface Place {
  folder: string;
  /** What must hold the file; null where it may be a link to anywhere, as the user's own may. */
  root: string | null;
  source: AgentDefinition["source"];
  /** What is not read although a folder brings it along. */
  secrets: SecretPlaces | undefined;
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
  { root, source, secrets }: Place,
): Promise<AgentDefinition | BrokenAgent | null> {
  const file = await readTextFile(path, { root, bytesMax: agentBytesMax, secrets });
  if (file.status === "missing") return null;
  if (file.status === "refused") return { path, why: file.why };
  if (file.cut) return { path, why: `it has more than ${agentBytesMax} bytes` };
  const head = await parseFrontmatter(file.text);
  if (!head.ok) return { path, why: head.why };
  const read = readAgentHead({ name: stem, ...head.settings });
  if (!read.ok) return { path, why: read.why };
  return { ...read.settings, source, path, instructions: head.body.trim() };
}
