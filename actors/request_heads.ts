// Heads of model requests: instructions and tools as they are now. The same object as long as nothing changed, so that it
// is counted and stored once.
import type { SessionMeta } from "../machines/session_meta.ts";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import { agentToolName, isSubAgent } from "./follow_ups.ts";
import type { RequestHead } from "./model_request.ts";
import { redact, type Secret } from "./packing.ts";
import type { SessionActor } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { planFile, type ToolSessionParts } from "./tool_session.ts";

/** What the system prompt is made from. */
export interface PromptSubject {
  meta: SessionMeta;
  actor: string;
  planFile: string;
  toolNames: readonly string[];
  /** When a person last had a hand in this agent's work, ISO 8601: what changes by itself is looked at anew only then. */
  since: string;
}

/** Writes the system prompt; asked before every model call, so it must be cheap when nothing changed. */
export type WritePrompt = (subject: PromptSubject) => Promise<string>;

const headsKept = 200;

export function createRequestHeads(
  parts: { registry: ToolRegistry; prompt: WritePrompt; secrets: readonly Secret[] } & ToolSessionParts,
): (session: SessionActor, actor: string) => Promise<RequestHead> {
  const known = new Map<string, { head: RequestHead; specs: readonly ToolSpec[] }>();
  return async (session, actor) => {
    const { meta } = session.state();
    if (meta === null) throw new Error("A session without a beginning has no request");
    const specs = await parts.registry.specs(meta.workspace);
    const plan = await planFile(session, parts);
    const since = (await session.transcript()).attendance(actor).at;
    const toolNames = offered(specs, actor).map((spec) => spec.name);
    const system = await parts.prompt({ meta, actor, planFile: plan, toolNames, since });
    const key = `${isSubAgent(actor) ? "sub" : "main"}\n${system}`;
    const before = known.get(key);
    if (before?.specs === specs) return before.head;
    const [oldest] = known.keys();
    if (known.size >= headsKept && oldest !== undefined) known.delete(oldest);
    // It is stored beside the log, and what the log must not hold no endpoint is to be told.
    const head = redact({ system, tools: offered(specs, actor) }, parts.secrets);
    known.set(key, { head, specs });
    return head;
  };
}

/** Tools of the main agent alone: they change the whole session. */
const mainOnly: readonly string[] = [
  agentToolName,
  "EnterPlanMode",
  "ExitPlanMode",
  "EnterWorktree",
  "ExitWorktree",
];

function offered(specs: readonly ToolSpec[], actor: string): ToolSpec[] {
  return specs.filter((spec) => !isSubAgent(actor) || !mainOnly.includes(spec.name));
}
