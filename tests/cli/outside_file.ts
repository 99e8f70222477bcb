// What a folder brings along, as one file that a test rewrites; with a real store of approvals beside it.
import { join } from "node:path";
import type { Outside } from "../../actors/outside.ts";
import type { OutsideItem } from "../../src/trust/contract.ts";
import { openTrustStore } from "../../src/trust/store.ts";

export interface OutsideFile extends Outside {
  /** What the hook is from now on. */
  write(text: string): Promise<void>;
  /** From the first approval on there is one thing more to look at, as with a server that can be asked only then. */
  bringMore(): void;
  standings(workspace: string): Promise<string[]>;
}

export async function openOutside(folder: string): Promise<OutsideFile> {
  const store = await openTrustStore(join(folder, "trust.json"));
  const file = join(folder, "hook");
  let [brings, more] = [false, false];
  const items = async (workspace: string) => {
    const text = await Deno.readTextFile(file);
    const hook: OutsideItem = { workspace, kind: "hook", name: "PreToolUse", text };
    const tools: OutsideItem = { workspace, kind: "mcp_tools", name: "files", text: "read: reads a file" };
    return (more ? [hook, tools] : [hook]).map((item) => ({ item, standing: store.standing(item) }));
  };
  return {
    store,
    items,
    approved: () => {
      more ||= brings;
      return Promise.resolve();
    },
    withdrawn: () => Promise.resolve(),
    write: (text) => Deno.writeTextFile(file, text),
    bringMore: () => void (brings = true),
    standings: async (workspace) => (await items(workspace)).map(({ standing }) => standing),
  };
}
