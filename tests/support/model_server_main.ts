// The model server as a process of its own, for tests that kill the daemon: `deno run -A model_server_main.ts '{"rounds": 3}'`.
// What it answers depends on the conversation alone, never on a counter, so a crashed session gets the same answer again.
import { z } from "zod";
import { answer, type Plan, slowed } from "./model_plan.ts";
import { startModelServer, type WireRequest } from "./model_server.ts";

/** Strings in `args` and `text` may hold `{round}` and `{call}`, counted from 1. */
const scenario = z.strictObject({
  /** Answers with calls before the turn ends. */
  rounds: z.number().int().min(0).max(10_000).default(1),
  calls_per_round: z.number().int().min(1).max(64).default(1),
  tool: z.string().default("Bash"),
  args: z.record(z.string(), z.json()).default({ command: "echo round {round} call {call}" }),
  text: z.string().default("Round {round}."),
  final: z.string().default("All {round} rounds are done."),
  /** Wait before each chunk, so that a crash can fall into a stream. */
  chunk_delay_ms: z.number().int().min(0).max(60_000).default(0),
  port: z.number().int().min(0).max(65_535).default(0),
});
export type Scenario = z.infer<typeof scenario>;

/** The next answer of a scenario: rounds are counted from the last user message. */
export function replyOf(given: Scenario, request: WireRequest): Plan {
  const start = request.messages.findLastIndex((message) => message.role === "user");
  const done = request.messages.slice(start + 1).filter((message) => (message.tool_calls ?? []).length > 0);
  const round = done.length + 1;
  const plan = round > given.rounds ? answer({ text: words(fill(given.final, given.rounds, 0)) }) : answer({
    text: words(fill(given.text, round, 0)),
    calls: Array.from({ length: given.calls_per_round }, (_, index) => ({
      id: `call_${start}_${round}_${index + 1}`,
      name: given.tool,
      args: fill(JSON.stringify(given.args), round, index + 1),
    })),
  });
  return given.chunk_delay_ms > 0 ? slowed(plan, given.chunk_delay_ms) : plan;
}

function fill(text: string, round: number, call: number): string {
  return text.replaceAll("{round}", String(round)).replaceAll("{call}", String(call));
}

function words(text: string): string[] {
  return text.split(/(?<= )/);
}

/** Prints one line of JSON with the base URL when it listens; runs until it is ended. */
export function main(args: readonly string[], env: string | undefined): void {
  const given = scenario.parse(JSON.parse(args[0] ?? env ?? "{}"));
  const server = startModelServer({ reply: (request) => replyOf(given, request), port: given.port });
  console.log(JSON.stringify({ url: server.url, pid: Deno.pid }));
}

if (import.meta.main) main(Deno.args, Deno.env.get("MODEL_SCENARIO"));
