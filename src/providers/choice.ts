// Which provider the environment alone asks for, checked before anything of it is loaded.
import { type EffectiveConfig, withEnvironment } from "../config/environment.ts";
import { environmentKeys, type Keys } from "../config/keys.ts";
import { config } from "../config/schema.ts";

export { defaultBaseUrl, defaultModels } from "../config/provider_kinds.ts";

export interface ProviderChoice {
  config: EffectiveConfig;
  keys: Keys;
}

/**
 * What the environment means without a configuration file: JAMEY_PROVIDER decides; without it the first provider that a
 * key or an address stands for, otherwise the scripted one. LLM_MODEL names the model.
 * Throws a Problem `bad_config` for values that cannot be right.
 */
export function chooseProvider(env: Record<string, string | undefined>): ProviderChoice {
  const effective = withEnvironment(config.parse({}), env);
  const keys = environmentKeys(effective, env);
  const settings = effective.providers[effective.default_provider];
  if (settings !== undefined && "key" in settings && settings.key !== undefined) keys.secret(settings.key);
  return { config: effective, keys };
}
