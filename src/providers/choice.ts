// Which provider the environment asks for, checked before anything of it is loaded.
import type { ChatModel } from "openai/resources/shared";
import { Problem } from "../protocol/problem.ts";

export const defaultBaseUrl = "https://api.openai.com/v1";
export const defaultModel = "gpt-5.5" satisfies ChatModel;
/** What is sent as a key to a local endpoint that wants none. */
const noKey = "none";

export type ProviderChoice =
  | { name: "scripted" }
  | { name: "openai"; apiKey: string; baseUrl: string; model: string };

type Read = (name: string) => string;

/**
 * `JAMEY_PROVIDER` (`openai` or `scripted`) decides; without it, `OPENAI_API_KEY` or `LLM_BASE_URL` choose openai,
 * otherwise it is the scripted one. `LLM_MODEL` names the model.
 * Throws a Problem `bad_config` for values that cannot be right.
 */
export function chooseProvider(env: Record<string, string | undefined>): ProviderChoice {
  const read = (name: string) => env[name]?.trim() ?? "";
  const wanted = read("JAMEY_PROVIDER");
  const configured = read("OPENAI_API_KEY") !== "" || read("LLM_BASE_URL") !== "";
  switch (wanted === "" ? (configured ? "openai" : "scripted") : wanted) {
    case "scripted":
      return { name: "scripted" };
    case "openai":
      return chooseOpenai(read);
    default:
      throw new Problem(
        "bad_config",
        `Cannot choose a provider: JAMEY_PROVIDER is "${wanted}", expected "openai" or "scripted"`,
      );
  }
}

function chooseOpenai(read: Read): ProviderChoice {
  const apiKey = read("OPENAI_API_KEY");
  const baseUrl = read("LLM_BASE_URL");
  if (apiKey === "" && baseUrl === "") {
    throw new Problem("bad_config", 'Cannot use the provider "openai": OPENAI_API_KEY is not set', {
      hint: "Set OPENAI_API_KEY, or LLM_BASE_URL for a local endpoint that needs no key",
    });
  }
  // A header cannot hold these, and the error for that would show the key.
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new Problem(
      "bad_config",
      "Cannot use OPENAI_API_KEY: it holds spaces, line breaks or characters outside ASCII",
      { hint: "Copy the key again, without quotes or line breaks" },
    );
  }
  return {
    name: "openai",
    apiKey: apiKey === "" ? noKey : apiKey,
    baseUrl: baseUrl === "" ? defaultBaseUrl : checkBaseUrl(baseUrl),
    model: read("LLM_MODEL") === "" ? defaultModel : read("LLM_MODEL"),
  };
}

function checkBaseUrl(text: string): string {
  const refuse = (why: string) =>
    new Problem("bad_config", `Cannot use LLM_BASE_URL: ${why}`, {
      hint: 'Give the address with its version path, for example "http://127.0.0.1:11434/v1"',
    });
  if (!URL.canParse(text)) throw refuse(`"${text}" is not a URL`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refuse(`"${url.protocol}" is not http: or https:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("it holds a user name or password; put the key into OPENAI_API_KEY");
  }
  if (url.search !== "" || url.hash !== "") throw refuse("it has a query or a fragment");
  return text.replace(/\/+$/, "");
}
