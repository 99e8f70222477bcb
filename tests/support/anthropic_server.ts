// A local endpoint of the Messages API that breaks on demand: one plan for each request, kept as bytes. It refuses, as the
// real one does, a conversation that breaks its rules.
import { decline } from "./anthropic_plan.ts";
import { findFaults } from "./anthropic_rules.ts";
import type { Plan } from "./model_plan.ts";
import { play } from "./play.ts";

/** A request as it arrived. */
export interface Arrived {
  bytes: Uint8Array;
  headers: Record<string, string>;
  /** Read before its rules are checked, so anything. */
  body: unknown;
}

export interface AnthropicServer {
  /** The base URL to configure, without a version path. */
  readonly url: string;
  readonly requests: readonly Arrived[];
  /** What was wrong with the conversations that arrived; empty when all was well. */
  readonly faults: readonly string[];
  /** Answers that the client hung up on. */
  readonly hungUp: number;
  close(): Promise<void>;
}

export interface AnthropicServerOptions {
  /** Decides what happens with request `n` (from 0). */
  reply(request: Arrived, n: number): Plan;
  /** Answers `GET /v1/models`. */
  listModels?(query: URLSearchParams): Plan;
}

export function startAnthropicServer(options: AnthropicServerOptions): AnthropicServer {
  const requests: Arrived[] = [];
  const faults: string[] = [];
  const stopped = new AbortController();
  let hungUp = 0;
  const answer = ({ steps, status, headers }: Plan) =>
    new Response(play(steps, stopped.signal, () => hungUp++), { status, headers });

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    // A cut connection is an error to the server; here it is meant.
    onError: () => new Response("fault", { status: 500 }),
  }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/v1/models" && request.method === "GET" && options.listModels !== undefined) {
      return answer(options.listModels(searchParams));
    }
    if (pathname !== "/v1/messages" || request.method !== "POST") {
      return answer(decline(404, "not_found_error", `No such path: ${pathname}`));
    }
    const bytes = new Uint8Array(await request.arrayBuffer());
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const arrived = { bytes, headers: Object.fromEntries(request.headers), body };
    const n = requests.push(arrived) - 1;
    const found = findFaults(body).map((text) => `request ${n}: ${text}`);
    faults.push(...found);
    return answer(
      found.length > 0 ? decline(400, "invalid_request_error", found.join("; ")) : options.reply(arrived, n),
    );
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    faults,
    get hungUp() {
      return hungUp;
    },
    async close() {
      stopped.abort();
      await server.shutdown();
    },
  };
}
