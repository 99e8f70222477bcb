// Writes a failure for people. The key never appears, also where an endpoint repeats it.
import type { ErrorInfo } from "../../protocol/facts.ts";
import type { CallFailure } from "./failure.ts";

/** An endpoint's message is quoted up to this length. */
const messageCharsMax = 1_000;
/** Shorter values are no secrets ("none" for a local endpoint) and may be part of any word. */
const secretCharsMin = 8;

/** `tried` opens the message: what could not be done. */
export function describer(
  settings: { apiKey: string },
  tried: string,
): (failure: CallFailure) => ErrorInfo {
  const redact = (text: string) =>
    settings.apiKey.length < secretCharsMin ? text : text.replaceAll(settings.apiKey, "[redacted]");
  return (failure) => {
    const said = redact(failure.message).replace(/\s+/g, " ").trim();
    const short = said.length > messageCharsMax ? `${said.slice(0, messageCharsMax).toWellFormed()}…` : said;
    return { code: failure.code, message: `${tried}: ${short.replace(/\.$/, "")}` };
  };
}

/** The host of an address, for messages; the address as it is when it is none. */
export function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
}
