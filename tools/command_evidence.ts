// What is logged about a command before it runs: enough to find its processes, its files and its time limit again.
import { z } from "zod";
import type { JsonValue } from "../src/protocol/json.ts";
import { groupIdentity } from "./process_group.ts";

/** Times are in milliseconds since 1970. Only commands in the background have a deadline here. */
const commandEvidence = groupIdentity.extend({
  dir: z.string(),
  started_at: z.number(),
  deadline: z.number().optional(),
});
export type CommandEvidence = z.infer<typeof commandEvidence>;

/** The evidence as it was logged, or null when it is not one of ours. */
export function readEvidence(logged: JsonValue): CommandEvidence | null {
  return commandEvidence.safeParse(logged).data ?? null;
}
