// The tools of a session: the built-in ones, those of the kernel, and what the sources find for its folder.
import type { ToolSpec } from "../src/protocol/conversation.ts";
import type { Tool, ToolSource } from "../tools/contract.ts";

export interface ToolRegistry {
  /** By name; the same map as long as nothing changed. `knownOnly`: nothing is started for it. */
  of(workspace: string, options?: { knownOnly: boolean }): Promise<ReadonlyMap<string, Tool>>;
  /** What models are offered there; the same array as long as nothing changed. `knownOnly`: nothing is started for it. */
  specs(workspace: string, options?: { knownOnly: boolean }): Promise<readonly ToolSpec[]>;
  /** What there is in every folder. */
  everywhere(): ToolSpec[];
  close(): Promise<void>;
}

interface Gathered {
  parts: readonly (readonly Tool[])[];
  tools: ReadonlyMap<string, Tool>;
  /** Made when they are first asked for. */
  specs: () => readonly ToolSpec[];
}

/** Folders whose tools are kept at hand. */
const foldersMax = 200;

export function createToolRegistry(
  builtIn: readonly Tool[],
  { sources, own = nobody, report }: {
    sources: readonly ToolSource[];
    /** Tools that stand in for built-in ones of their names: those whose words depend on the folder. */
    own?: ToolSource;
    report: (line: string) => void;
  },
): ToolRegistry {
  const known = new Map<string, Gathered>();
  const fixed = gather([builtIn]);
  const asked = own === nobody ? sources : [own, ...sources];

  async function look(workspace: string, options = { knownOnly: false }): Promise<Gathered> {
    if (asked.length === 0) return fixed;
    const ask = (source: ToolSource) => askSource(source, () => source.tools(workspace, options), report);
    const found = await Promise.all(asked.map(ask));
    const parts = own === nobody ? [builtIn, ...found] : [found[0] ?? nothing, builtIn, ...found.slice(1)];
    const before = known.get(workspace);
    if (before !== undefined && parts.every((part, index) => isSame(part, before.parts[index]))) {
      return before;
    }
    const [oldest] = known.keys();
    if (known.size >= foldersMax && oldest !== undefined) known.delete(oldest);
    const gathered = gather(parts);
    known.set(workspace, gathered);
    return gathered;
  }

  return {
    of: async (workspace, options) => (await look(workspace, options)).tools,
    specs: async (workspace, options) => (await look(workspace, options)).specs(),
    everywhere: () => builtIn.map((tool) => tool.spec),
    close: async () => void await Promise.allSettled(sources.map((source) => source.close())),
  };
}

function isSame(tools: readonly Tool[], before: readonly Tool[] | undefined): boolean {
  return tools === before ||
    (tools.length === before?.length && tools.every((tool, index) => tool === before[index]));
}

const nothing: readonly Tool[] = [];
const nobody: ToolSource = {
  name: "",
  tools: () => Promise.resolve(nothing),
  close: () => Promise.resolve(),
};

/** One source that fails must not take the others with it. */
async function askSource(
  { name }: ToolSource,
  tools: () => Promise<readonly Tool[]>,
  report: (line: string) => void,
) {
  try {
    return await tools();
  } catch (thrown) {
    report(`Cannot list the tools of "${name}": ${thrown instanceof Error ? thrown.message : thrown}`);
    return nothing;
  }
}

/** Of two tools with one name the first one counts: nothing from outside can stand in for a built-in one. */
function gather(parts: readonly (readonly Tool[])[]): Gathered {
  const tools = new Map<string, Tool>();
  for (const tool of parts.flat()) if (!tools.has(tool.name)) tools.set(tool.name, tool);
  let specs: readonly ToolSpec[] | undefined;
  const made = () => [...tools.values()].filter((tool) => tool.audience === "all").map((tool) => tool.spec);
  return { parts, tools, specs: () => specs ??= made() };
}
