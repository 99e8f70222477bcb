// What a sandbox is opened with.
import type { SecretPlaces } from "../../src/permission/secret_places.ts";
import type { HelperPlaces } from "./helper_program.ts";
import type { NetworkRules } from "../web/network_rules.ts";

export interface SandboxOptions {
  dataDir: string;
  /** Our own folders, which no command may see: data, settings. */
  ours: readonly string[];
  secrets: SecretPlaces;
  /** The user's home folder; null when there is none. */
  home: string | null;
  /** Hosts that commands may reach: `example.com`, `*.example.com`. */
  allowHosts: readonly string[];
  /** Further folders that commands may write. */
  allowWrite: readonly string[];
  /** Where bubblewrap and its helpers are looked for. */
  helpers: HelperPlaces;
  /** The folder for temporary files of a session, made when it is asked for. */
  tmpDir(sessionId: string): Promise<string>;
  report(line: string): void;
  /** How long one that does not work is left alone before it is tried out again; left out: ten seconds. */
  retryMs?: number;
  /** Rules for the addresses of allowed hosts; left out: public ones only. */
  network?: NetworkRules;
}
