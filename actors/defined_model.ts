// The model that the definition of an agent asks for. A folder may choose among the models of the session's provider, not
// where the conversation is sent.
import type { AgentDefinition } from "../src/context/agent_definitions.ts";
import type { AgentProfile } from "../src/protocol/agent_facts.ts";

export interface ModelNames {
  /** The session's provider. */
  provider: string;
  /** Whether a text names a family of models, such as "sonnet". */
  isFamily: (text: string) => boolean;
  /** The newest model of a family at the session's provider; undefined: it has none. */
  familyOf: (text: string) => string | undefined;
  /** Which provider and model a text names; throws a Problem when none. */
  modelOf: (text: string) => { provider: string; model: string };
}

/** Undefined: that of whoever starts it. That is also what a folder gets which names another provider. */
export function definedModel(
  { model: text, source }: Pick<AgentDefinition, "model" | "source">,
  { provider, isFamily, familyOf, modelOf }: ModelNames,
): AgentProfile["model"] {
  if (text === undefined) return undefined;
  if (isFamily(text)) {
    const model = familyOf(text);
    return model === undefined ? undefined : { provider, model };
  }
  if (source !== "workspace") return modelOf(text);
  const own = text.startsWith(`${provider}/`) ? text.slice(provider.length + 1) : text;
  return own.includes("/") ? undefined : { provider, model: own };
}
