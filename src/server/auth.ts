// The bearer token: compared in constant time; wrong guesses are counted, a right token is never locked out.
import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "../protocol/problem.ts";
import type { ServerLimits } from "./limits.ts";

/** The WebSocket subprotocol that the server speaks. */
export const socketProtocol = "jamey.v1";
const bearerProtocolPrefix = "jamey.bearer.";
const bearerHeader = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;
const tokenHint =
  'Send "Authorization: Bearer TOKEN" with the content of the token_file that daemon.json names';

export interface Authenticator {
  /** Null when the request carries the token, otherwise the Problem to answer with. */
  check(headers: Headers): Problem | null;
}

/** Makes the check for one token. `now` counts milliseconds. */
export function createAuthenticator(
  options: { token: string; limits: ServerLimits; now?: () => number },
): Authenticator {
  const { limits } = options;
  const now = options.now ?? (() => performance.now());
  const expected = digest(options.token);
  let failures: number[] = [];

  return {
    check(headers) {
      const presented = presentedToken(headers);
      if (presented !== null && timingSafeEqual(digest(presented), expected)) return null;
      if (presented === null && !headers.has("authorization")) {
        return new Problem("unauthorized", "Cannot answer: the request carries no token", {
          hint: tokenHint,
        });
      }
      const since = now() - limits.authWindowMs;
      failures = [...failures.filter((at) => at > since), now()].slice(-limits.authFailuresMax - 1);
      if (failures.length > limits.authFailuresMax) {
        return new Problem("too_many_requests", "Cannot answer: too many wrong tokens in the last minute", {
          hint: "A request with the right token is answered at any time",
        });
      }
      return new Problem("unauthorized", "Cannot answer: the token is wrong", { hint: tokenHint });
    },
  };
}

/** Hashing first makes both sides equally long, so that the comparison shows nothing about the length either. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** From the header or, for browsers' WebSockets, from the offered subprotocols; never from the address. */
function presentedToken(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (header !== null) return bearerHeader.exec(header)?.[1] ?? null;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") return null;
  const offered = offeredProtocols(headers).filter((name) => name.startsWith(bearerProtocolPrefix));
  return offered.length === 1 ? (offered[0] ?? "").slice(bearerProtocolPrefix.length) : null;
}

/** The subprotocols that a WebSocket request offers. */
export function offeredProtocols(headers: Headers): string[] {
  const header = headers.get("sec-websocket-protocol");
  return header === null ? [] : header.split(",").map((name) => name.trim());
}
