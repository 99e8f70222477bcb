// The official client, loaded with the first call, with nothing taken from the environment: it reads headers, logging and
// tracing from there, and a header of somebody else's would go to the configured endpoint.
import type Anthropic from "@anthropic-ai/sdk";
import { boundedFetch } from "../wire/bounded_fetch.ts";

/** The SDK insists on a limit for the time to the response; ours is the idle timeout. */
const sdkTimeoutMs = 2 ** 31 - 1;
/** For endpoints that want no key: with an empty one the SDK makes no request at all. */
const noKey = "none";
/** What the SDK itself sends; whatever else there is comes from ANTHROPIC_CUSTOM_HEADERS. */
const ownHeader = /^(?:accept|authorization|content-type|user-agent|anthropic-version|x-stainless-[a-z-]+)$/;

export async function openClient(options: { apiKey: string; baseUrl: string }): Promise<Anthropic> {
  const { default: Client } = await import("@anthropic-ai/sdk");
  return new Client({
    apiKey: options.apiKey === "" ? noKey : options.apiKey,
    baseURL: rootOf(options.baseUrl),
    webhookKey: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    openTelemetry: { traces: false, propagation: false },
    fetch: (input, init) => boundedFetch(input, { ...init, headers: ownHeaders(init?.headers) }),
  });
}

/** The SDK adds the version path itself; people may have given it. */
function rootOf(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "");
}

function ownHeaders(given: HeadersInit | undefined): Headers {
  const headers = new Headers(given);
  for (const name of [...headers.keys()]) if (!ownHeader.test(name)) headers.delete(name);
  return headers;
}
