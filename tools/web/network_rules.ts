// Resolves a name and checks every address it has. What comes out is what is connected to: no second look-up, so a name
// that changes its mind in between changes nothing.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { addressKind } from "./address.ts";

export const addressesMax = 32;

export interface NetworkRules {
  /** Set by the user's own configuration: loopback and private addresses may be reached. */
  allowPrivate?: boolean;
  /** Addresses that may be reached whatever they are, by address and port. */
  allow?(address: string, port: number): boolean;
  /** Which hosts may be reached at all, by the name that was asked for; left out: every one. */
  allowHost?(host: string): boolean;
  /** How names become addresses; by default as the system does it. */
  resolve?(name: string): Promise<string[]>;
}

/** The addresses of a host, all of them checked; a Problem when one is not to be reached, or there is none. */
export async function checkedAddresses(
  target: { host: string; port: number },
  rules: NetworkRules,
  signal: AbortSignal,
): Promise<string[]> {
  const name = target.host.replace(/^\[(.*)\]$/, "$1");
  if (rules.allowHost?.(target.host) === false) {
    throw new Problem("forbidden", `Cannot reach "${target.host}": it is not among the allowed hosts`);
  }
  const addresses = isIP(name) > 0 ? [name] : await resolveName(name, rules, signal);
  for (const address of addresses) {
    if (!isAllowed(address, target.port, rules)) throw refused(target.host, address);
  }
  return addresses;
}

function isAllowed(address: string, port: number, rules: NetworkRules): boolean {
  if (rules.allow?.(address, port)) return true;
  const kind = addressKind(address);
  return kind === "public" || (kind === "private" && rules.allowPrivate === true);
}

function refused(host: string, address: string): Problem {
  const where = host === address ? `"${host}"` : `"${host}" (${address})`;
  return new Problem(
    "forbidden",
    `Cannot reach ${where}: it is an address of this machine, a private network or a special purpose`,
    { hint: "only public addresses can be reached; a user may set web.allow_private for an intranet" },
  );
}

async function resolveName(name: string, rules: NetworkRules, signal: AbortSignal): Promise<string[]> {
  const resolve = rules.resolve ?? resolveBySystem;
  // A look-up cannot be cancelled: it is left behind.
  const addresses = await untilAborted(
    resolve(name).catch((thrown) => {
      throw new Problem("unavailable", `Cannot find "${name}": ${messageOf(thrown)}, check the name`);
    }),
    signal,
  );
  if (addresses.length === 0) {
    throw new Problem("unavailable", `Cannot find "${name}": it has no address, check the name`);
  }
  if (addresses.length > addressesMax) {
    throw new Problem("forbidden", `Cannot reach "${name}": it has more than ${addressesMax} addresses`);
  }
  return addresses;
}

async function resolveBySystem(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
}

/** What `work` gives, or the abort's reason as soon as the signal aborts. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
