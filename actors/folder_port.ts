// What doors may ask beside the sessions: the tools, slash commands and models there are.
import { expandOf } from "./command_source.ts";
import type { Host } from "./host.ts";
import { modelViews, offeredModels } from "./model_views.ts";
import type { RuntimeOptions } from "./runtime_options.ts";
import type { ToolRegistry } from "./tool_registry.ts";

type FolderPort = Pick<
  Host,
  "tools" | "agents" | "commands" | "expandCommand" | "models" | "modelsOf"
>;

export function folderPort(options: RuntimeOptions, registry: ToolRegistry): FolderPort {
  const { providers } = options;
  return {
    tools: async (workspace) =>
      workspace === undefined
        ? registry.everywhere()
        : [...await registry.specs(workspace, { knownOnly: true })],
    agents: async (workspace) => {
      const { agents = [], broken = [] } = await options.agents?.(workspace) ?? {};
      return { agents: agents.map(({ instructions: _, ...view }) => view), broken };
    },
    commands: async (workspace) => await options.commands?.list(workspace) ?? [],
    expandCommand: (workspace, name, args) => expandOf(options.commands, { workspace, name, args }),
    models: () => modelViews(providers),
    modelsOf: (name) => offeredModels(providers, name),
  };
}
