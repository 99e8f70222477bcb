// Fetches one page: time, size and redirect limits, and the address rules at every hop.
import { Problem } from "../../src/protocol/problem.ts";
import type { NetworkRules } from "./network_rules.ts";
import type { RateLimit } from "./rate_limit.ts";
import { type Answer, bodyBytesMax, request } from "./request.ts";
import { parseWebUrl } from "./web_url.ts";

export const fetchTimeoutMs = 10_000;
export const redirectsMax = 5;
const redirectStatuses = [301, 302, 303, 307, 308];

export interface Page {
  url: URL;
  status: number;
  /** In lower case, without parameters; "" when the answer has none. */
  contentType: string;
  charset: string;
  bytes: Uint8Array;
  /** The body was longer than what was read. */
  cut: boolean;
}

/** An address on another host: whoever allowed the first host has not allowed this one. */
export interface Elsewhere {
  elsewhere: URL;
}

export interface FetchOptions {
  rules: NetworkRules;
  rate: RateLimit;
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export async function fetchPage(from: URL, options: FetchOptions): Promise<Page | Elsewhere> {
  const overtime = AbortSignal.timeout(fetchTimeoutMs);
  const signal = AbortSignal.any([options.signal, overtime]);
  try {
    return await followRedirects(from, { ...options, signal });
  } catch (thrown) {
    if (options.signal.aborted || !overtime.aborted) throw thrown;
    throw new Problem("unavailable", `Cannot fetch "${from.href}": it took longer than ${fetchTimeoutMs} ms`);
  }
}

async function followRedirects(from: URL, options: FetchOptions): Promise<Page | Elsewhere> {
  let url = from;
  for (let hop = 0; hop <= redirectsMax; hop++) {
    options.rate.spend(url.hostname);
    const answer = await request(url, options);
    const next = redirectOf(answer, url);
    if (next === null) return await readPage(answer, url);
    answer.close();
    if (!isSameSite(next, from)) return { elsewhere: next };
    url = next;
  }
  throw new Problem(
    "unavailable",
    `Cannot fetch "${from.href}": it redirects more than ${redirectsMax} times`,
  );
}

function redirectOf(answer: Answer, url: URL): URL | null {
  if (!redirectStatuses.includes(answer.status)) return null;
  const location = answer.header("location");
  if (location === "") return null;
  try {
    return parseWebUrl(location, url);
  } catch (thrown) {
    answer.close();
    throw thrown;
  }
}

/** The same host, be it with `www.` or without, and not from https back to http. */
function isSameSite(one: URL, other: URL): boolean {
  const bare = (url: URL) => url.hostname.replace(/^www\./, "");
  return bare(one) === bare(other) && !(other.protocol === "https:" && one.protocol === "http:");
}

async function readPage(answer: Answer, url: URL): Promise<Page> {
  const [type = "", ...parameters] = answer.header("content-type").split(";");
  const charset = /charset\s*=\s*"?([\w.:-]{1,40})/i.exec(parameters.join(";"))?.[1] ?? "";
  const body = await answer.read(bodyBytesMax);
  return { url, status: answer.status, contentType: type.trim().toLowerCase(), charset, ...body };
}
