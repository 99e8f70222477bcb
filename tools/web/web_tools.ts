// WebFetch and WebSearch with the user's settings.
import type { Tool } from "../contract.ts";
import type { NetworkRules } from "./network_rules.ts";
import { openRateLimit } from "./rate_limit.ts";
import { webFetchTool } from "./web_fetch.ts";
import { webSearchTool } from "./web_search.ts";

export interface WebOptions {
  /** A SearXNG-compatible engine, or a whole address with `{query}` in it. */
  searchUrl?: string | undefined;
  searchKey?: string | undefined;
  /** For intranets: loopback and private addresses may be reached. Never those of cloud metadata. */
  allowPrivate?: boolean | undefined;
  /** Further rules, for whoever puts the tools together. */
  rules?: NetworkRules;
}

export function webTools(options: WebOptions = {}): readonly Tool[] {
  const rate = openRateLimit();
  const rules = { ...options.rules, allowPrivate: options.allowPrivate ?? false };
  return [
    webFetchTool({ rules, rate }),
    webSearchTool({ url: options.searchUrl, key: options.searchKey, rate }),
  ];
}
