// A local endpoint of the Messages API that breaks on demand: one plan for each request, kept as bytes. It refuses, as the
// real one does, a conversation that breaks its rules.
import { decline } from "./anthropic_plan.ts";
import { findFaults } from "./anthropic_rules.ts";
import type { Plan, Step } from "./model_plan.ts";

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

function play(
  steps: readonly Step[],
  stopped: AbortSignal,
  onHungUp: () => void,
): ReadableStream<Uint8Array> {
  let next = 0;
  const gone = new AbortController();
  const ended = AbortSignal.any([stopped, gone.signal]);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const step = steps[next++];
        if (step === undefined) return controller.close();
        if (step instanceof Uint8Array) {
          if (step.length > 0) return controller.enqueue(step);
          continue;
        }
        // Before a cut, what was sent so far must leave: a body that makes the server wait gets it flushed.
        await wait(step === "silence" ? undefined : step === "cut" ? 1 : step.waitMs, ended);
        if (gone.signal.aborted) return;
        if (step === "cut" || ended.aborted) return controller.error(new Error("cut on purpose"));
      }
    },
    cancel() {
      onHungUp();
      gone.abort();
    },
  }, { highWaterMark: 0 });
}

/** Waits for the time, or for ever, but never longer than until the signal. */
function wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
