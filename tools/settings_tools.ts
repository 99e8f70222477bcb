// The built-in tools that reach out of the workspace, with the user's settings: the web, a browser, the screen.
import type { Tool } from "./contract.ts";
import { browserTool } from "./browser/browser.ts";
import { computerTool } from "./computer/computer.ts";
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
  const allowPrivate = options.web?.allowPrivate;
  return [...webTools(options.web), browserTool({ ...options.browser, allowPrivate }), computerTool()];
}
