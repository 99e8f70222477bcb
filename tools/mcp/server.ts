// One MCP server as one folder sees it: what it offers, whether that may be used, its one shared connection, its breaker.
import type { JsonObject } from "../../src/protocol/json.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import type { OutsideItem, Standing } from "../../src/trust/contract.ts";
import type { Breaker } from "../external/breaker.ts";
import { shutdownGraceMs } from "../process_group.ts";
import { type CallEnd, type CallOptions, connect, type Connection } from "./connection.ts";
import type { ListedTool, Listing } from "./listing.ts";
import type { Pins } from "./pins.ts";
import type { McpServerSettings } from "./settings.ts";

export interface ServerStatus {
  server: string;
  origin: "user" | "workspace";
  /** `unknown` and `changed` wait for a person's approval, or for the first connection. */
  state: "unknown" | "changed" | "ready" | "failed" | "off";
  reason: string;
  tools: number;
}

export interface ServerOptions {
  name: string;
  origin: "user" | "workspace";
  workspace: string;
  enabled: boolean;
  /** Of one call, where its settings say so. */
  timeoutS: number | undefined;
  /** The settings with variables filled in; asked for only when the entry may be used. Throws a Problem. */
  settings(): McpServerSettings;
  /** The entry that is to be approved; null for what the user's own configuration names. */
  entry: { item: OutsideItem; standing(): Standing } | null;
  pins: Pins;
  breaker: Breaker;
  environment: Readonly<Record<string, string>>;
  limits: { handshakeMs: number; idleMs: number };
  now(): number;
  report(line: string): void;
}

/** A server that failed is tried again in the background after this time. */
export const retryMs = 5 * 60_000;

export interface McpServer {
  readonly options: ServerOptions;
  /** Null when its entry may be used, else the state and the reason. */
  barred(): Pick<ServerStatus, "state" | "reason"> | null;
  status(): Promise<ServerStatus>;
  /** Connects and pins what it offers. Throws a Problem. Shared by all who wait. */
  connected(): Promise<Connection>;
  /** It failed a short while ago: a try in the background makes no sense yet. */
  isFailing(): boolean;
  call(tool: ListedTool, args: JsonObject, options: CallOptions): Promise<CallEnd>;
  /** Ends the connection when the server may not be used any more. Never rejects. */
  settle(): Promise<void>;
  /** Ends the connection and all that is still ending. Never rejects. */
  close(): Promise<void>;
}

export function openServer(options: ServerOptions): McpServer {
  const { name, pins, breaker, now } = options;
  const lead = `Cannot use MCP server "${name}"`;
  const endings = new Set<Promise<void>>();
  const closing = new AbortController();
  let connecting: Promise<Connection> | null = null;
  let failure: { why: string; at: number } | null = null;
  const track = (ending: Promise<void>) => {
    endings.add(ending);
    ending.finally(() => endings.delete(ending));
  };
  const drop = (graceMs?: number) => {
    const gone = connecting;
    connecting = null;
    gone?.then((connection) => track(connection.end(graceMs)), () => {});
  };
  const idle = idleTimer(options.limits.idleMs, drop);
  const barred = () => barredBy(options, breaker);
  const attempt = async (): Promise<Connection> => {
    try {
      const connection = await openConnection(options, closing.signal, track);
      failure = null;
      idle.touch();
      return connection;
    } catch (thrown) {
      failure = { why: messageOf(thrown), at: now() };
      breaker.failed(failure.why);
      options.report(`${lead}: ${failure.why}`);
      throw new Problem("unavailable", `${lead}: ${failure.why}`);
    }
  };
  const start = (): Promise<Connection> => {
    const mine = attempt();
    connecting = mine;
    mine.catch(() => {
      if (connecting === mine) connecting = null;
    });
    return mine;
  };
  const connected = async (): Promise<Connection> => {
    const why = closing.signal.aborted ? "the daemon stops" : barred()?.reason;
    if (why !== undefined) throw new Problem("unavailable", `${lead}: ${why}`);
    const current = connecting;
    if (current === null) return await start();
    const connection = await current;
    if (connection.isOpen()) return connection;
    // It ended since: whoever sees that first makes the next one.
    return await (connecting === current ? start() : connecting ?? start());
  };
  return {
    options,
    barred,
    connected,
    isFailing: () => closing.signal.aborted || (failure !== null && now() - failure.at < retryMs),
    async status() {
      const listing = await pins.usable();
      const shared = { server: name, origin: options.origin, tools: listing.length };
      const bar = barred();
      if (bar !== null) return { ...shared, ...bar, tools: 0 };
      if (failure !== null) return { ...shared, state: "failed", reason: failure.why };
      return { ...shared, ...await pins.standing() };
    },
    async call(tool, args, callOptions) {
      idle.hold();
      try {
        const connection = await connected();
        const refusal = await refuseChanged(connection, { tool, pins });
        if (refusal !== null) return { ok: false, why: refusal, isFault: false };
        const end = await connection.call(tool.name, args, callOptions);
        if (!end.ok && end.isFault) breaker.failed(end.why);
        if (breaker.refusal() !== null) drop();
        return end;
      } catch (thrown) {
        return { ok: false, why: messageOf(thrown).replace(`${lead}: `, ""), isFault: false };
      } finally {
        idle.release();
      }
    },
    async settle() {
      if (barred() === null) return;
      const gone = connecting;
      drop();
      await gone?.catch(() => {});
      await Promise.all([...endings]);
    },
    async close() {
      closing.abort();
      idle.end();
      const gone = connecting;
      drop(shutdownGraceMs);
      await gone?.catch(() => {});
      await Promise.all([...endings]);
    },
  };
}

/** Connects and pins what the server offers. */
async function openConnection(
  { settings, workspace, environment, pins, limits: { handshakeMs } }: ServerOptions,
  signal: AbortSignal,
  track: (ending: Promise<void>) => void,
): Promise<Connection> {
  const connection = await connect(
    { settings: settings(), workspace, environment, handshakeMs, signal },
    track,
  );
  try {
    await pins.see(await connection.listing());
    return connection;
  } catch (thrown) {
    track(connection.end());
    throw thrown;
  }
}

function barredBy(
  { enabled, entry, name }: ServerOptions,
  breaker: Breaker,
): Pick<ServerStatus, "state" | "reason"> | null {
  if (!enabled) return { state: "off", reason: "it is switched off in its settings" };
  const standing = entry?.standing() ?? "approved";
  if (standing !== "approved") {
    const what = standing === "changed" ? "changed since it was approved" : "was never approved";
    return { state: standing, reason: `the entry "${name}" of this folder ${what}, approve it to use it` };
  }
  const refusal = breaker.refusal();
  return refusal === null ? null : { state: "off", reason: refusal };
}

/** A tool is called only as it was described to the model, and as it may be used now. */
async function refuseChanged(
  connection: Connection,
  { tool, pins }: { tool: ListedTool; pins: Pins },
): Promise<string | null> {
  const listing: Listing = await connection.listing();
  await pins.see(listing);
  if (await pins.mayUse(tool)) return null;
  const isThere = listing.tools.some(({ name }) => name === tool.name);
  return isThere
    ? "the server describes this tool in another way than before, a person must approve the change first"
    : "the server no longer has this tool";
}

/** Calls back when nothing was held for `idleMs`. */
function idleTimer(idleMs: number, drop: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let held = 0;
  let hasEnded = false;
  const touch = () => {
    clearTimeout(timer);
    if (held > 0 || hasEnded) return;
    timer = setTimeout(() => drop(), idleMs);
    Deno.unrefTimer(Number(timer));
  };
  return {
    touch,
    hold() {
      held++;
      clearTimeout(timer);
    },
    release() {
      held--;
      touch();
    },
    end() {
      hasEnded = true;
      clearTimeout(timer);
    },
  };
}
