// What the configuration says of a provider: one schema for each kind, told apart by `kind`.
import type { ChatModel } from "openai/resources/shared";
import { z } from "zod";
import { looksSecret, secretReference } from "./reference.ts";

/** Models for providers whose section names none. */
export const defaultModels = {
  openai: "gpt-5.5" satisfies ChatModel,
  anthropic: "claude-sonnet-5-5",
  ollama: "llama3.2",
} as const;
export const defaultBaseUrl = "https://api.openai.com/v1";
export const defaultAzureVersion = "2024-10-21";

/** Begins with a letter, so that it is never taken for a number, and has no slash: `provider/model` is how models are named. */
export const providerName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
  "is no name for a provider: use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter",
);

export const modelName = z.string().min(1).max(256);

/** An http address without anything secret in it. */
export const endpoint = z.string().max(2_048).superRefine((text, context) => {
  const why = addressFault(text);
  if (why !== undefined) context.addIssue({ code: "custom", message: why });
}).transform((text) => text.replace(/\/+$/, ""));

/** An address that is used as it is: for tools and servers. */
export const webAddress = z.string().max(2_048).superRefine((text, context) => {
  const why = addressFault(text, { query: true });
  if (why !== undefined) context.addIssue({ code: "custom", message: why });
  else if (looksSecret(text)) {
    context.addIssue({ code: "custom", message: "holds a secret; send it as a header" });
  }
});

/** Why a text cannot be the address of an endpoint; undefined when it can. Never quotes more than its protocol. */
export function addressFault(text: string, { query = false } = {}): string | undefined {
  if (!URL.canParse(text)) return "is not a URL";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `is not http: or https: but "${url.protocol}"`;
  }
  if (url.username !== "" || url.password !== "") {
    return "holds a user name or password; give the key by reference";
  }
  if (!query && (url.search !== "" || url.hash !== "")) return "has a query or a fragment";
  return undefined;
}

const openai = z.strictObject({
  kind: z.literal("openai"),
  /** None for a local endpoint that wants none. */
  key: secretReference.optional(),
  /** With the version path. */
  base_url: endpoint.default(defaultBaseUrl),
  model: modelName.default(defaultModels.openai),
  api: z.enum(["auto", "chat", "responses"]).default("auto"),
});
const azure = z.strictObject({
  kind: z.literal("azure"),
  key: secretReference,
  endpoint,
  api_version: z.string().regex(/^[\w.-]{1,40}$/, "is no API version").default(defaultAzureVersion),
  /** The name of the deployment. */
  model: modelName,
});
const anthropic = z.strictObject({
  kind: z.literal("anthropic"),
  key: secretReference,
  base_url: endpoint.optional(),
  model: modelName.default(defaultModels.anthropic),
  /** Tokens a model may think before it answers. */
  thinking_budget: z.int().min(1_024).max(1_000_000).optional(),
});
const ollama = z.strictObject({
  kind: z.literal("ollama"),
  /** For a server behind a proxy that wants one. */
  key: secretReference.optional(),
  base_url: endpoint.optional(),
  model: modelName.default(defaultModels.ollama),
  /** How long the model stays loaded: "30m", "-1" for ever. */
  keep_alive: z.string().regex(/^-?\d+[smh]?$/, 'is no time such as "30m"').optional(),
});
const scripted = z.strictObject({ kind: z.literal("scripted") });
const recorded = z.strictObject({ kind: z.literal("recorded"), file: z.string().min(1).max(4_096) });

export const providerSettings = z.discriminatedUnion("kind", [
  openai,
  azure,
  anthropic,
  ollama,
  scripted,
  recorded,
]);
export type ProviderSettings = z.output<typeof providerSettings>;
