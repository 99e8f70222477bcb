// A local model server that breaks on demand: both OpenAI wires (chat, responses) on loopback, one plan for each request.
// It keeps every request as bytes and refuses, as real endpoints do, a conversation with an orphaned call or result.
import type { Plan } from "./model_plan.ts";
import { refuse } from "./model_plan.ts";
import { messagesOf } from "./model_server_responses.ts";
import { play } from "./play.ts";

/** A request body as far as the server reads it. */
export interface WireMessage {
  role: string;
  content?: string | null;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}
export interface WireRequest {
  model: string;
  messages: WireMessage[];
  stream?: boolean;
  [key: string]: unknown;
}

/** One request as it arrived. */
export interface Recorded {
  /** With its query. */
  path: string;
  bytes: Uint8Array;
  headers: Record<string, string>;
  body: WireRequest;
}

export interface ModelServer {
  /** The base URL to configure, with `/v1`. */
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** What was wrong with the conversations that arrived; empty when all was well. */
  readonly orphans: readonly string[];
  /** Answers that the client hung up on. */
  readonly hungUp: number;
  close(): Promise<void>;
}

export interface ModelServerOptions {
  /** Answers every other path; left out: 404. */
  other?(request: Request): Response | Promise<Response>;
  /** Decides what happens with request `n` (from 0). */
  reply(request: WireRequest, n: number): Plan | Promise<Plan>;
  port?: number;
}

/** The most requests that are kept. */
const requestsMax = 10_000;

/** Starts the server on 127.0.0.1; `GET /report` tells another process what arrived. */
export function startModelServer(options: ModelServerOptions): ModelServer {
  const requests: Recorded[] = [];
  const orphans: string[] = [];
  const stopped = new AbortController();
  let count = 0;
  let hungUp = 0;

  const answerChat = async (request: Request): Promise<Response> => {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const parsed: WireRequest = JSON.parse(new TextDecoder().decode(bytes));
    const body = "input" in parsed ? { ...parsed, messages: messagesOf(parsed.input) } : parsed;
    const n = count++;
    if (requests.length < requestsMax) {
      const { pathname, search } = new URL(request.url);
      requests.push({
        path: `${pathname}${search}`,
        bytes,
        headers: Object.fromEntries(request.headers),
        body,
      });
    }
    const found = findOrphans(body.messages).map((text) => `request ${n}: ${text}`);
    orphans.push(...found);
    const plan = found.length > 0 ? refuse(400, found.join("; ")) : await options.reply(body, n);
    const stream = play(plan.steps, stopped.signal, () => hungUp++);
    return new Response(stream, { status: plan.status, headers: plan.headers });
  };

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    onListen: () => {},
    // A cut connection is an error to the server; here it is meant.
    onError: () => new Response("fault", { status: 500 }),
  }, (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/report") return Response.json({ requests: count, orphans, hung_up: hungUp });
    const asks = /(?:\/chat\/completions|\/responses)$/.test(path) && request.method === "POST";
    if (asks) return answerChat(request);
    if (options.other !== undefined) return options.other(request);
    return Response.json({ error: { message: `Unknown request URL: ${path}` } }, { status: 404 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    requests,
    orphans,
    get hungUp() {
      return hungUp;
    },
    async close() {
      stopped.abort();
      await server.shutdown();
    },
  };
}

/** Every call must have exactly one result, directly behind it, and every result its call. */
export function findOrphans(messages: readonly WireMessage[]): string[] {
  const found: string[] = [];
  const waiting = new Set<string>();
  const flush = (at: number) => {
    for (const id of waiting) found.push(`call "${id}" has no result before message ${at}`);
    waiting.clear();
  };
  messages.forEach((message, at) => {
    if (message.role === "tool") {
      const id = message.tool_call_id ?? "";
      if (!waiting.delete(id)) found.push(`result "${id}" in message ${at} has no open call`);
      return;
    }
    flush(at);
    for (const call of message.tool_calls ?? []) {
      if (waiting.has(call.id)) found.push(`call "${call.id}" appears twice in message ${at}`);
      waiting.add(call.id);
    }
  });
  flush(messages.length);
  return found;
}
