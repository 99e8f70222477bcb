// What a runtime is made of, and what it offers beyond the host port.
import type { AgentSet } from "../src/context/agent_definitions.ts";
import type { PermissionRules } from "../src/permission/contract.ts";
import type { SecretPlaces } from "../src/permission/secret_places.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import type { LogStore } from "../src/log/port.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";
import type { Tool, ToolSource } from "../tools/contract.ts";
import type { Sandbox } from "../tools/sandbox/contract.ts";
import type { AgentLimits } from "./agent_limits.ts";
import type { SessionLimits } from "./budgets.ts";
import type { ContextSettings } from "./fit_context.ts";
import type { Host } from "./host.ts";
import type { ModeChoices } from "./mode_settings.ts";
import type { Outside } from "./outside.ts";
import type { CommandSource } from "./command_source.ts";
import type { Secret } from "./packing.ts";
import type { WritePrompt } from "./request_heads.ts";

export interface RuntimeOptions {
  store: LogStore;
  providers: ProviderRegistry;
  tools: readonly Tool[];
  /** Where further tools are found. */
  sources?: readonly ToolSource[];
  hooks?: Hooks;
  prompt?: WritePrompt;
  /** Slash commands of folders and of the user. */
  commands?: CommandSource;
  /** What agents are defined in a folder and by the user; left out: none. */
  agents?: (workspace: string) => Promise<AgentSet>;
  agentLimits?: Partial<AgentLimits>;
  /** Who takes part in the modes of sessions that do not say so; left out: the modes' own members. */
  modes?: ModeChoices;
  /** The model that a folder asks for, for sessions that name none. */
  folderModel?: (workspace: string) => Promise<string | undefined>;
  /** What workspaces bring along, and where it is remembered what a person has approved. */
  outside?: Outside;
  /** The mode of sessions that name none; left out: `default`. */
  permissionMode?: PermissionMode;
  /** Rules beyond those of the session itself; left out: none. */
  rules?: PermissionRules;
  /** What confines commands; left out: nothing does, and nobody expects it. */
  sandbox?: Sandbox;
  /** Files that no tool may show; left out: none. */
  secretPlaces?: SecretPlaces;
  limits?: Partial<SessionLimits>;
  context?: Partial<ContextSettings>;
  /** Values that must never reach a log, by the name that replaces them. */
  secrets: readonly Secret[];
  /** What a person should know: repaired tails, damage, a disk that refuses. */
  report: (line: string) => void;
}

export interface Runtime extends Host {
  /** Resolves when every session is known and those with work going on have taken it up again. */
  ready: Promise<void>;
  close(): Promise<void>;
}
