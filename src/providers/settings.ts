// What the settings of provider kinds are made of: names of models, addresses, and how a kind is looked for in the environment.
import { z } from "zod";
import { Problem } from "../protocol/problem.ts";

export const modelName = z.string().min(1).max(256);

/** An http address without anything secret in it. */
export const endpoint = z.string().max(2_048).superRefine((text, context) => {
  const why = addressFault(text);
  if (why !== undefined) context.addIssue({ code: "custom", message: why });
}).transform((text) => text.replace(/\/+$/, ""));

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

/** An address that a variable of the environment holds; throws a Problem `bad_config` that names the variable. */
export function addressFrom(variable: string, text: string): string {
  const why = addressFault(text);
  if (why === undefined) return text.replace(/\/+$/, "");
  throw new Problem("bad_config", `Cannot use ${variable}: it ${why}`, {
    hint: 'Give the address with its protocol and path, for example "http://127.0.0.1:11434/v1"',
  });
}
