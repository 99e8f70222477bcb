// A real endpoint of the Messages API on loopback for one test file: started before, closed after, and no request may ever
// break the API's rules.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type AnthropicOptions, anthropicProvider } from "../../src/providers/anthropic.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { ask, type End, type Run, runModel } from "../providers/contract.ts";
import { message } from "./anthropic_plan.ts";
import { type AnthropicServer, type Arrived, startAnthropicServer } from "./anthropic_server.ts";
import type { Plan } from "./model_plan.ts";

export const anthropicKey = "sk-ant-test-0123456789";

/** Waits as long as the endpoint or the dice say, in milliseconds that a test can spare. */
const quick = { baseMs: 1, maxMs: 4, retryAfterMaxMs: 3, random: () => 0.999, retries: 2 };

export interface AnthropicEndpoint {
  server(): AnthropicServer;
  /** Decides what happens with each request from now on. */
  reply(decide: (request: Arrived, n: number) => Plan): void;
  /** Decides what `GET /v1/models` answers. */
  list(decide: (query: URLSearchParams) => Plan): void;
  provider(over?: Partial<AnthropicOptions>): Provider;
  /** Runs a request against these plans in turn (the last one again and again); counts the requests. */
  against(plans: readonly Plan[], over?: Partial<AnthropicOptions>): Promise<Run & { asked: number }>;
  /** The whole answer that a plan leads to; throws when it fails. */
  answerTo(plan: Plan): Promise<Extract<End, { type: "done" }>>;
}

/** To be called at the top of a test file. */
export function useAnthropic(): AnthropicEndpoint {
  let server: AnthropicServer | null = null;
  let decide = (_request: Arrived, _n: number): Plan => message();
  let listed = (_query: URLSearchParams): Plan => message();
  const running = (): AnthropicServer => {
    if (server === null) throw new Error("The endpoint runs only while tests do");
    return server;
  };
  beforeAll(() => {
    server = startAnthropicServer({
      reply: (request, n) => decide(request, n),
      listModels: (query) => listed(query),
    });
  });
  afterEach(() => expect(running().faults).toEqual([]));
  afterAll(() => running().close());

  const provider = (over: Partial<AnthropicOptions> = {}) =>
    anthropicProvider({ apiKey: anthropicKey, baseUrl: running().url, model: "local", ...quick, ...over });
  const against = async (plans: readonly Plan[], over: Partial<AnthropicOptions> = {}) => {
    const before = running().requests.length;
    decide = (_, n) => plans[Math.min(n - before, plans.length - 1)] ?? message();
    const run = await runModel(provider(over), ask("hi"));
    return { ...run, asked: running().requests.length - before };
  };
  return {
    server: running,
    reply: (next) => {
      decide = next;
    },
    list: (next) => {
      listed = next;
    },
    provider,
    against,
    answerTo: async (plan) => {
      const { end } = await against([plan]);
      if (end.type !== "done") throw new Error(`failed: ${end.error.code}: ${end.error.message}`);
      return end;
    },
  };
}
