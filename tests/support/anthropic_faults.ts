// Runs the anthropic provider against faults and counts what became of them; the answers that the faults are made of.
import { afterAll } from "vitest";
import type { AnthropicOptions } from "../../src/providers/anthropic.ts";
import type { Run } from "../providers/contract.ts";
import type { AnthropicEndpoint } from "./anthropic_endpoint.ts";
import { message } from "./anthropic_plan.ts";
import type { Plan } from "./model_plan.ts";

export const good = message({ blocks: [{ text: ["Hello ", "you."] }] });
/** Everything up to the first word. */
export const head = good.steps.slice(0, 3);
/** Everything up to the end of the first word, "Hello ". */
export const started = good.steps.slice(0, 4);

/** Start, ping, thinking in five events, text in four, a call, the end. */
export const withCall = message({
  blocks: [
    { thinking: "I think. Yes.", signature: "c2ln" },
    { text: ["I ", "run."] },
    { name: "Bash", args: { command: "rm -r build" } },
  ],
});
export const wholeCalls = [{ name: "Bash", args: { command: "rm -r build" } }];

export type Face = (
  plans: readonly Plan[],
  over?: Partial<AnthropicOptions>,
) => Promise<Run & { asked: number }>;

/** As `against` of the endpoint, counted; to be called at the top of a test file, which prints the counts at its end. */
export function countFaults(endpoint: AnthropicEndpoint, kind: string): Face {
  const counts = { faults: 0, failed: 0, whole: 0, mended: 0 };
  afterAll(() => {
    const { faults, failed, whole, mended } = counts;
    console.log(
      `R5 anthropic: ${faults} faults, ${kind}: ${failed} failed cleanly, ` +
        `${whole} whole in spite of it, ${mended} mended by another attempt`,
    );
  });
  return async (plans, over) => {
    const run = await endpoint.against(plans, over);
    counts.faults++;
    if (run.end.type === "failed") counts.failed++;
    else if (run.retries.length > 0) counts.mended++;
    else counts.whole++;
    return run;
  };
}
