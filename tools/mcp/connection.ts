// One connection to one MCP server: the handshake and the list of tools within a limit, then calls until it ends.
import { resolve } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { version } from "../../src/platform/version.ts";
import { cleanEnvironment } from "../environment.ts";
import { shutdownGraceMs } from "../process_group.ts";
import { httpTransport } from "./http_transport.ts";
import { leash } from "./leash.ts";
import { type Listing, makeListing, type ServedTool } from "./listing.ts";
import type { CallToolResult } from "./sdk.ts";
import type { McpServerSettings } from "./settings.ts";
import { type McpTransport, stdioTransport } from "./stdio_transport.ts";

type Sdk = typeof import("./sdk.ts");
type SdkClient = InstanceType<Sdk["Client"]>;

const listPagesMax = 20;
const listedMax = 20_000;
const progressCharsMax = 500;
const progressCountMax = 1_000;

export interface ConnectOptions {
  /** Variables filled in. */
  settings: McpServerSettings;
  /** Where a program is started when its settings name no folder. */
  workspace: string;
  environment: Readonly<Record<string, string>>;
  /** Handshake and listing together. */
  handshakeMs: number;
  /** Gives the handshake up. */
  signal: AbortSignal;
}

export interface CallOptions {
  /** Without news; and in all. */
  quietMs: number;
  totalMs: number;
  signal: AbortSignal;
  onProgress(text: string): void;
}

/** `isFault`: the server did not do its part, which counts against it. Otherwise it answered, or was not asked. */
export type CallEnd = { ok: true; result: CallToolResult } | { ok: false; why: string; isFault: boolean };

export interface Connection {
  /** The tools as the server has them now; asked for again when it said that they changed. Throws a Problem. */
  listing(): Promise<Listing>;
  call(name: string, args: JsonObject, options: CallOptions): Promise<CallEnd>;
  isOpen(): boolean;
  /** Never rejects. */
  end(graceMs?: number): Promise<void>;
}

/** Throws a Problem; `onEnding` then hears of the processes that are still being ended. */
export async function connect(
  options: ConnectOptions,
  onEnding: (ending: Promise<void>) => void,
): Promise<Connection> {
  const sdk = await import("./sdk.ts");
  const transport = openTransport(options, sdk);
  // Nothing is offered to servers: their wishes for samples, questions and folders are refused by the SDK. Its own
  // listTools and callTool are not used: they check results against the server's schemas, and a pattern in one of those
  // could stop this process.
  const client = new sdk.Client({ name: "jamey", version }, { capabilities: {} });
  client.onerror = () => {};
  const hurry = leash(options.signal, options.handshakeMs);
  try {
    const shake = client.connect(transport, { signal: hurry.signal, timeout: options.handshakeMs })
      .then(() => readListing(client, sdk, hurry.signal));
    const listing = await Promise.race([shake, rejectOn(hurry.signal)]);
    return openConnection({ client, transport, sdk, listing, handshakeMs: options.handshakeMs });
  } catch (thrown) {
    const why = hurry.isLate()
      ? `it did not answer within ${options.handshakeMs / 1000} s`
      : messageOf(thrown);
    const words = transport.isOpen() ? [why, said(transport)] : [said(transport) || why];
    onEnding(transport.end(options.signal.aborted ? shutdownGraceMs : undefined));
    throw new Problem("unavailable", words.filter((part) => part !== "").join("; "));
  } finally {
    hurry.release();
  }
}

/** The reason of a transport that was ended by us is no news. */
function said(transport: McpTransport): string {
  return transport.fault().replace(/^closed(; )?/, "").slice(0, 4_000);
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("too late")), { once: true });
  });
}

function openTransport({ settings, workspace, environment }: ConnectOptions, sdk: Sdk): McpTransport {
  if ("url" in settings) return httpTransport(settings, sdk);
  return stdioTransport({
    command: [settings.command, ...settings.args ?? []],
    cwd: resolve(workspace, settings.cwd ?? "."),
    environment: { ...cleanEnvironment(environment), ...settings.env },
    parse: (line) => sdk.JSONRPCMessageSchema.parse(line),
  });
}

async function readListing(client: SdkClient, sdk: Sdk, signal: AbortSignal): Promise<Listing> {
  if (client.getServerCapabilities()?.tools === undefined) return makeListing([]);
  const served: ServedTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < listPagesMax && served.length < listedMax; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const result = await client.request({ method: "tools/list", params }, sdk.ListToolsResultSchema, {
      signal,
    });
    served.push(...result.tools.slice(0, listedMax - served.length));
    cursor = result.nextCursor;
    if (cursor === undefined) break;
  }
  return makeListing(served);
}

interface Open {
  client: SdkClient;
  transport: McpTransport;
  sdk: Sdk;
  listing: Listing;
  handshakeMs: number;
}

function openConnection({ client, transport, sdk, listing: first, handshakeMs }: Open): Connection {
  let listing: Promise<Listing> = Promise.resolve(first);
  let isStale = false;
  client.setNotificationHandler(sdk.ToolListChangedNotificationSchema, () => void (isStale = true));
  return {
    listing() {
      if (!isStale) return listing;
      isStale = false;
      const hurry = leash(new AbortController().signal, handshakeMs);
      listing = readListing(client, sdk, hurry.signal).finally(hurry.release).catch((thrown) => {
        isStale = true;
        throw new Problem("unavailable", `it cannot list its tools, ${messageOf(thrown)}`);
      });
      // Who asks gets the error; nobody may be asking any more.
      listing.catch(() => {});
      return listing;
    },
    async call(name, args, options) {
      const { signal, release } = leash(options.signal);
      try {
        const result = await requestCall({ client, sdk }, { name, args }, { ...options, signal });
        return { ok: true, result };
      } catch (thrown) {
        return faultOf(thrown, { transport, sdk }, options);
      } finally {
        release();
      }
    },
    isOpen: () => transport.isOpen(),
    end: (graceMs) => transport.end(graceMs),
  };
}

async function requestCall(
  { client, sdk }: { client: SdkClient; sdk: Sdk },
  { name, args }: { name: string; args: JsonObject },
  { quietMs, totalMs, signal, onProgress }: CallOptions,
): Promise<CallToolResult> {
  let count = 0;
  const params = { name, arguments: args };
  return await client.request({ method: "tools/call", params }, sdk.CallToolResultSchema, {
    signal,
    timeout: quietMs,
    maxTotalTimeout: totalMs,
    resetTimeoutOnProgress: true,
    onprogress: ({ progress, total, message }) => {
      if (++count > progressCountMax) return;
      const words = message ?? `${progress}${total === undefined ? "" : ` of ${total}`}`;
      onProgress(`${words.slice(0, progressCharsMax)}\n`);
    },
  });
}

function faultOf(
  thrown: unknown,
  { transport, sdk }: { transport: McpTransport; sdk: Sdk },
  { quietMs, signal }: CallOptions,
): CallEnd {
  const fault = (why: string): CallEnd => ({ ok: false, why, isFault: true });
  if (signal.aborted) return { ok: false, why: "cancelled", isFault: false };
  if (!transport.isOpen()) return fault(said(transport) || "the connection was closed");
  if (!(thrown instanceof sdk.McpError)) {
    // The result is no result, or the way to the server is broken: what comes next on it cannot be trusted.
    void transport.end();
    const isGarbage = thrown instanceof Error && "issues" in thrown;
    return fault(isGarbage ? "its answer is not the result of a tool" : messageOf(thrown).slice(0, 1_000));
  }
  if (thrown.code === sdk.ErrorCode.RequestTimeout) {
    return fault(`it did not answer within ${quietMs / 1000} s`);
  }
  return { ok: false, why: thrown.message.slice(0, 4_000), isFault: false };
}
