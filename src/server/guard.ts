// The guard: what every request must pass before any route or upgrade sees it. Defends a loopback port against web pages
// (other origins, DNS rebinding), other programs without the token, and form posts.
import type { MiddlewareHandler } from "hono";
import { Problem } from "../protocol/problem.ts";
import { errorResponse } from "./errors.ts";

/** Sent with every answer. There are no CORS headers on purpose: no other origin may read anything. */
const secureHeaders: Record<string, string> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};
const ownFetchSites = ["same-origin", "none"];
const retryAfterSeconds = "60";

export interface GuardOptions {
  allowedHosts: () => readonly string[];
  /** Null when the request carries the token or needs none. */
  checkToken: (request: Request, path: string) => Problem | null;
  /** Aborted when the daemon stops: nothing new is begun then. */
  stopping: AbortSignal;
  /** Told of every request that may not pass. */
  onRefused?: (request: Request, refusal: Problem) => void;
}

/** Host headers under which a server on this port may be addressed. */
export function loopbackHosts(port: number): string[] {
  const names = ["127.0.0.1", "localhost", "[::1]"];
  const withPort = names.map((name) => `${name}:${port}`);
  return port === 80 ? [...names, ...withPort] : withPort;
}

/** The middleware for every path. */
export function guard(options: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const refused = refuse(context.req.raw, options);
    if (refused !== null) context.res = refused;
    else await next();
    secure(context.res);
  };
}

/** The answer to a request that may not pass; null when it may. */
export function refuse(request: Request, options: GuardOptions): Response | null {
  const refusal = refusalOf(request, options);
  if (refusal === null) return null;
  options.onRefused?.(request, refusal);
  return errorResponse(refusal, extraHeaders(refusal));
}

/** Gives an answer the headers that all have. */
export function secure(answer: Response): Response {
  // The answer to an upgrade must stay the very object that the runtime made.
  if (answer.status === 101) return answer;
  for (const [name, value] of Object.entries(secureHeaders)) answer.headers.set(name, value);
  return answer;
}

function refusalOf(request: Request, options: GuardOptions): Problem | null {
  const { headers, method } = request;
  // The runtime makes the URL out of the Host header, so it can be nonsense.
  const url = URL.parse(request.url);
  if (url === null) return misdirected(options.allowedHosts());
  return wrongHost(headers, url, options.allowedHosts()) ??
    foreignOrigin(headers) ??
    options.checkToken(request, url.pathname) ??
    wrongContentType(method, headers) ??
    (options.stopping.aborted ? new Problem("shutting_down", "Cannot answer: the daemon is stopping") : null);
}

/** Exact, with the port: a name that an attacker points at 127.0.0.1 arrives as that name. */
function wrongHost(headers: Headers, url: URL, allowed: readonly string[]): Problem | null {
  // The URL differs from the header when the request line names another host (absolute form).
  if (allowed.includes(headers.get("host") ?? "") && allowed.includes(url.host)) return null;
  return misdirected(allowed);
}

function misdirected(allowed: readonly string[]): Problem {
  return new Problem("misdirected", "Cannot answer: the Host header is not an address of this daemon", {
    hint: `Use http://${allowed[0] ?? "127.0.0.1"}`,
  });
}

function foreignOrigin(headers: Headers): Problem | null {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const own = (origin === null || origin === `http://${headers.get("host")}`) &&
    (site === null || ownFetchSites.includes(site));
  return own ? null : new Problem("forbidden", "Cannot answer: requests of other web origins are refused");
}

/** Without this a web form could post JSON as text/plain, which needs no preflight. */
function wrongContentType(method: string, headers: Headers): Problem | null {
  if (method === "GET" || method === "HEAD") return null;
  const type = headers.get("content-type");
  if (type === null || /^application\/json(?:; *charset="?utf-8"?)? *$/i.test(type.trim())) return null;
  return new Problem("unsupported_media_type", `Cannot read the body: its type is "${type.slice(0, 100)}"`, {
    hint: 'Send JSON with "Content-Type: application/json"',
  });
}

function extraHeaders(refusal: Problem): Record<string, string> {
  if (refusal.code === "unauthorized") return { "WWW-Authenticate": 'Bearer realm="jamey"' };
  if (refusal.code === "too_many_requests") return { "Retry-After": retryAfterSeconds };
  return {};
}
