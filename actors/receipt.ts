// What whoever gave a command is told: where in the log it is, or why it was refused.
import type { Receipt } from "../src/protocol/commands.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { SessionActor, Told } from "./session_port.ts";

/** Throws a Problem `conflict`, "Cannot <what> session …", for a fact that the machines refused. */
export function receiptOf({ id }: SessionActor, told: Told, what: string): Receipt {
  if (told.accepted) return { seq: told.seq };
  if (told.repeatedSeq !== undefined) return { seq: told.repeatedSeq, repeated: true };
  throw new Problem("conflict", `Cannot ${what} session "${id}": ${told.why}`);
}
