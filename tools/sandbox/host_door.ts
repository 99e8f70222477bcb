// The way to allowed hosts: a proxy of ours behind a socket that is put into the sandbox. It compares names label by label
// and connects only to addresses that it has checked.
import { chmod, rm } from "node:fs/promises";
import { hostMark, matchesHost } from "../../src/permission/match_host.ts";
import { serveDoor } from "../web/guarded_door.ts";
import type { NetworkRules } from "../web/network_rules.ts";
import { proxyPort } from "./bubblewrap_words.ts";

/** One connection may carry a large download, and no more. */
const connectionBytesMax = 4 * 1024 * 1024 * 1024;

export interface HostDoor {
  /** The file of the socket. */
  path: string;
  /** What programs inside go by. */
  environment: Readonly<Record<string, string>>;
  close(): void;
}

export async function openHostDoor(
  { path, hosts, rules = {} }: { path: string; hosts: readonly string[]; rules?: NetworkRules },
): Promise<HostDoor> {
  await rm(path, { force: true });
  const listener = Deno.listen({ transport: "unix", path });
  await chmod(path, 0o600);
  const allowHost = (host: string) =>
    hosts.some((allowed) => matchesHost(`${hostMark}${allowed}`, `http://${host}/`));
  const door = serveDoor(listener, { rules: { ...rules, allowHost }, bytesMax: connectionBytesMax });
  return { path, environment: proxyEnvironment(), close: door.close };
}

function proxyEnvironment(): Record<string, string> {
  const proxy = `http://127.0.0.1:${proxyPort}`;
  const own = "localhost,127.0.0.1,::1";
  const named = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: own };
  const small = Object.entries(named).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...named, ...Object.fromEntries(small) };
}
