// Heads of model requests: instructions and tools as they are now. The same object as long as nothing changed, so that it
// is counted and stored once.
import type { SessionMeta } from "../machines/session_meta.ts";
import type { CrewAgent } from "../machines/crew.ts";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import { metaOf } from "./actor_meta.ts";
import type { RequestHead } from "./model_request.ts";
import { redact, type Secret } from "./packing.ts";
import type { SessionActor } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { hasTool } from "./tool_subset.ts";
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
    const meta = await metaOf(session, actor);
    if (meta === null) throw new Error("A session without a beginning has no request");
    const specs = await parts.registry.specs(meta.workspace);
    const plan = await planFile(session, parts);
    const { attendance, crew } = await session.transcript();
    const since = attendance(actor).at;
    const tools = specs.filter(({ name }) => hasTool(crew, actor, name));
    const toolNames = tools.map((spec) => spec.name);
    const written = await parts.prompt({ meta, actor, planFile: plan, toolNames, since });
    const system = [written, ...profileText(crew.agent(actor))].join("\n\n");
    const key = `${toolNames.join(" ")}\n${system}`;
    const before = known.get(key);
    if (before?.specs === specs) return before.head;
    const [oldest] = known.keys();
    if (known.size >= headsKept && oldest !== undefined) known.delete(oldest);
    // It is stored beside the log, and what the log must not hold no endpoint is to be told.
    const head = redact({ system, tools }, parts.secrets);
    known.set(key, { head, specs });
    return head;
  };
}

/** What an agent is told beyond what its session is told. */
function profileText(agent: CrewAgent | undefined): string[] {
  if (agent === undefined) return [];
  const { name, role, instructions } = agent.profile;
  const who = name === undefined ? [] : [`You are called "${name}"${role === undefined ? "" : `, ${role}`}.`];
  return [...who, ...instructions === undefined ? [] : [instructions]];
}
