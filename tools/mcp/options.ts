// What the MCP tools need to know of the installation, and their limits.
import type { TrustStore } from "../../src/trust/contract.ts";
import type { McpServerSettings } from "./settings.ts";

export interface McpLimits {
  handshakeMs: number;
  /** Of one call without news, where the settings say nothing else; and in all. */
  quietMs: number;
  totalMs: number;
  /** A connection that nobody uses is ended after this time. */
  idleMs: number;
}
export const mcpLimits: McpLimits = {
  handshakeMs: 10_000,
  quietMs: 60_000,
  totalMs: 10 * 60_000,
  idleMs: 10 * 60_000,
};
export interface McpOptions {
  /** From the user's own configuration: trusted. */
  servers: Readonly<Record<string, McpServerSettings>>;
  trust: TrustStore;
  /** Where listings are kept. */
  cacheDir: string;
  report(line: string): void;
  /** The daemon's own; servers see the clean part of it. */
  environment: Readonly<Record<string, string>>;
  /** Variables that hold keys of the daemon: what a folder writes is never filled in with them. */
  secretNames: ReadonlySet<string>;
  limits?: Partial<McpLimits>;
  /** In milliseconds, for the breaker. */
  now?: () => number;
}
