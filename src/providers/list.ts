// The list of providers. A new provider is one file, one choice in choice.ts and one case here.
import { chooseProvider, type ProviderChoice } from "./choice.ts";
import type { Provider } from "./contract.ts";
import { openaiProvider } from "./openai.ts";
import { scriptedProvider } from "./scripted.ts";

/** The provider for this environment. Throws a Problem `bad_config` for values that cannot be right. */
export function providerFromEnv(env: Record<string, string | undefined>): Provider {
  return makeProvider(chooseProvider(env));
}

/** The provider that was chosen. */
export function makeProvider(choice: ProviderChoice): Provider {
  switch (choice.name) {
    case "scripted":
      return scriptedProvider();
    case "openai":
      return openaiProvider(choice);
  }
}
