// A real endpoint on loopback for one test file: started before, closed after, and no orphan may ever reach it.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Provider } from "../../src/providers/contract.ts";
import { type OpenaiOptions, openaiProvider } from "../../src/providers/openai.ts";
import { answer, type Plan } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { ask, type End, type Run, runModel } from "./contract.ts";

export const apiKey = "sk-test-0123456789";

/** Waits as long as the endpoint or the dice say, in milliseconds that a test can spare. */
const quick = { baseMs: 1, maxMs: 4, retryAfterMaxMs: 3, random: () => 0.999, retries: 2 };

export interface Endpoint {
  server(): ModelServer;
  /** Decides what happens with each request from now on. */
  reply(decide: (request: WireRequest, n: number) => Plan): void;
  provider(over?: Partial<OpenaiOptions>): Provider;
  /** Runs a request against these plans in turn (the last one again and again); counts the requests. */
  against(plans: readonly Plan[], over?: Partial<OpenaiOptions>): Promise<Run & { asked: number }>;
  /** The whole answer that a plan leads to; throws when it fails. */
  answerTo(plan: Plan): Promise<Extract<End, { type: "done" }> & { events: Run["events"] }>;
}

/** To be called at the top of a test file. */
export function useEndpoint(): Endpoint {
  let server: ModelServer | null = null;
  let decide = (_request: WireRequest, _n: number): Plan => answer();
  const running = (): ModelServer => {
    if (server === null) throw new Error("The endpoint runs only while tests do");
    return server;
  };
  beforeAll(() => {
    server = startModelServer({ reply: (request, n) => decide(request, n) });
  });
  afterEach(() => expect(running().orphans).toEqual([]));
  afterAll(() => running().close());

  const provider = (over: Partial<OpenaiOptions> = {}) =>
    openaiProvider({ apiKey, baseUrl: running().url, model: "local", ...quick, ...over });
  const against = async (plans: readonly Plan[], over: Partial<OpenaiOptions> = {}) => {
    const before = running().requests.length;
    decide = (_, n) => plans[Math.min(n - before, plans.length - 1)] ?? answer();
    const run = await runModel(provider(over), ask("hi"));
    return { ...run, asked: running().requests.length - before };
  };
  return {
    server: running,
    reply: (next) => {
      decide = next;
    },
    provider,
    against,
    answerTo: async (plan) => {
      const { end, events } = await against([plan]);
      if (end.type !== "done") throw new Error(`failed: ${end.error.code}: ${end.error.message}`);
      return { ...end, events };
    },
  };
}
