// The Agent tool: a call whose work is another agent of the same session, in the same log, under its own path.
import { z } from "zod";
import type { CallRecord } from "../machines/call_record.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { messageOf } from "../src/protocol/problem.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { agentToolName, isSubAgent } from "./follow_ups.ts";
import type { SessionActor } from "./session_port.ts";

const agentArgs = z.strictObject({
  description: z.string().min(1).max(200).describe("The task in three to six words"),
  prompt: z.string().min(1).max(100_000).describe("All the sub-agent needs to know: it sees nothing else"),
  model: z.string().min(1).max(200).optional().describe("Another model for it, NAME or PROVIDER/NAME"),
});

const description =
  "Starts a sub-agent with its own conversation and the same tools, waits for it, and returns its last message. " +
  "Use it for work that can be described once and reported in a few sentences";

/** The tool as models see it. It asks nobody: every call that the sub-agent makes is reviewed like any other. */
export function agentTool(): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(agentArgs);
  return {
    name: agentToolName,
    description,
    effect: "idempotent",
    requiresConfirmation: false,
    alwaysAsks: false,
    audience: "all",
    limits: { timeoutMs: 0, outputCharsMax: 0 },
    // A JSON Schema is JSON.
    spec: { name: agentToolName, description, parameters: parameters as JsonObject },
    parse: (args) => {
      const parsed = agentArgs.safeParse(args);
      if (!parsed.success) {
        return { ok: false, error: `Bad arguments for Agent: ${z.prettifyError(parsed.error)}` };
      }
      return {
        ok: true,
        call: {
          prompt: parsed.data.description,
          grant: agentToolName,
          requiresConfirmation: false,
          subjects: [{ kind: "name", name: "general-purpose" }],
          // In plan mode its calls are held to reading like any other.
          allowedInPlan: () => true,
          refusal: () => null,
          prepare: never,
          recover: never,
        },
      };
    },
  };
}

function never(): never {
  throw new Error("A sub-agent is started by the kernel, not run as a tool");
}

/** Starts the sub-agent of a call, or says why not. The call gets its result when the sub-agent ends. */
export async function startSubAgent(
  session: SessionActor,
  record: CallRecord,
  { attempts, signal, allowedBy, modelOf }: {
    attempts: number;
    signal: AbortSignal;
    /** Why it may start, for the log. */
    allowedBy: string;
    /** Which provider and model a text names; throws a Problem when none. */
    modelOf: (text: string) => { provider: string; model: string };
  },
): Promise<ToolOutcome | null> {
  if (isSubAgent(record.actor)) {
    return { status: "failed", error: "A sub-agent cannot start another sub-agent" };
  }
  if (record.by === "user") {
    return { status: "failed", error: "Agent cannot be run by hand: ask for it in a message" };
  }
  const { description, prompt, model: named } = agentArgs.parse(record.args);
  const model = named === undefined ? undefined : modelOrWhy(named, modelOf);
  if (typeof model === "string") return { status: "failed", error: model };
  const { actor: parent, callId: call_id, name } = record;
  const started = await session.tell({
    actor: parent,
    type: "call.started",
    data: { call_id, name, attempt: attempts + 1, allowed_by: allowedBy },
  });
  // Cancelled while its start was on the way to the disk: nobody would tell the sub-agent.
  if (!started.accepted || signal.aborted) return { status: "interrupted", reason: "the turn was cancelled" };
  const told = await session.tell({
    actor: `${parent}/agent:${call_id}`,
    type: "agent.started",
    data: { agent: call_id, parent, description, prompt, call_id, ...(model === undefined ? {} : { model }) },
  });
  return told.accepted ? null : { status: "interrupted", reason: told.why };
}

function modelOrWhy(text: string, modelOf: (text: string) => { provider: string; model: string }) {
  try {
    return modelOf(text);
  } catch (thrown) {
    return messageOf(thrown);
  }
}
