// The built-in tools that need settings of the user. `allTools` are those that need none.
import type { Tool } from "./contract.ts";
import { webTools } from "./web/web_tools.ts";

export interface ToolSettings {
  web?: {
    searchUrl?: string | undefined;
    searchKey?: string | undefined;
    allowPrivate?: boolean | undefined;
  };
  browser?: { executable?: string | undefined };
}

export function settingsTools(options: ToolSettings): readonly Tool[] {
  return [...webTools(options.web)];
}
