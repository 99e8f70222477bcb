// What this daemon keeps to itself: the files that no tool may show, and the variables that no program may see.
import type { EffectiveConfig } from "./config/environment.ts";
import { type Keys, referencesOf } from "./config/keys.ts";
import { openSecretPlaces } from "./permission/open_secret_places.ts";
import type { SecretPlaces } from "./permission/secret_places.ts";
import { useEnvironmentRules } from "../tools/environment.ts";

export interface SecretsOptions {
  config: EffectiveConfig;
  keys: Keys;
  /** Our own credential. */
  token: string;
  home: string;
  dataDir: string;
  configDir: string;
  report: (line: string) => void;
}

/** To be called before anything is started: from now on programs see no key. */
export function openSecrets(options: SecretsOptions): SecretPlaces {
  const { config, keys, token, home, dataDir, configDir, report } = options;
  useEnvironmentRules({
    pass: config.environment.pass,
    withheld: [...secretVariables(config, keys)],
    secrets: [token, ...Object.values(keys.secrets)],
  });
  return openSecretPlaces({ home, dataDir, configDir, ...config.secrets, report });
}

/** Variables that hold a key of the configuration or of a provider, or our own token: nobody else's, whatever they are called. */
export function secretVariables(config: EffectiveConfig, keys: Keys): ReadonlySet<string> {
  const used = referencesOf(config).map(({ text }) => text);
  const names = [...used, ...Object.keys(keys.secrets)].filter((text) => text.startsWith("env:"));
  return new Set(["JAMEY_TOKEN", ...names.map((text) => text.slice("env:".length))]);
}
