// Starting the agent of a call: what it is made from, within the limits, exactly once also over crashes.
import type { CallRecord } from "../machines/call_record.ts";
import type { Transcript } from "../machines/transcript.ts";
import { type AgentDefinition, type AgentSet, definitionNamed } from "../src/context/agent_definitions.ts";
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import { meansSomebodyElse } from "../src/protocol/team_spec.ts";
import { budgetOf, tighterBudget } from "../src/protocol/written_budget.ts";
import type { ToolOutcome } from "../tools/contract.ts";
import { failureOf } from "../tools/failure.ts";
import { openGit } from "../tools/git.ts";
import { type WorktreeEvidence, worktreeEvidence } from "../tools/worktree.ts";
import { clearWorktree, settleWorktree } from "../tools/worktree_make.ts";
import { metaOf } from "./actor_meta.ts";
import { livingNames } from "./actor_names.ts";
import { definedModel } from "./defined_model.ts";
import { type AgentLimits, limitReached } from "./agent_limits.ts";
import { type AgentArgs, agentArgs, generalAgent } from "./agent_tool.ts";
import { makeAgentWorktree, planAgentWorktree } from "./agent_worktree.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { beginKernelCall, finished, type KernelCall, type KernelTool } from "./kernel_call.ts";
import type { SessionActor } from "./session_port.ts";

export interface AgentParts {
  definitions: (workspace: string) => Promise<AgentSet>;
  limits: AgentLimits;
  /** For the name of a family ("sonnet"): its newest model at that provider; undefined: the session's own model. */
  familyOf: (text: string, provider: string) => string | undefined;
  isFamily: (text: string) => boolean;
}

/** How long clearing away after a cancelled start may take. */
const clearTimeoutMs = 8_000;

export function startAgent(parts: AgentParts): KernelTool {
  return async (session, record, call) => {
    if (record.by === "user") return failed("Agent cannot be run by hand: ask for it in a message");
    const begun = await begunBefore(session, record);
    if (begun !== undefined) return begun;
    try {
      return await start(parts, { session, record, call });
    } catch (thrown) {
      return call.signal.aborted ? cancelledOutcome : failureOf(record.name, thrown);
    }
  };
}

interface Starting {
  session: SessionActor;
  record: CallRecord;
  call: KernelCall;
}

async function start(parts: AgentParts, { session, record, call }: Starting): Promise<ToolOutcome | null> {
  const { actor: parent, callId } = record;
  const { signal } = call;
  const args = agentArgs.parse(record.args);
  const refuse = (transcript: Transcript): string | null =>
    limitReached(parent, parts.limits, { state: session.state(), transcript }) ??
      nameTaken(session, args.name, transcript);
  const early = refuse(await session.transcript());
  if (early !== null && record.evidence === null) throw cannotStart(early);
  const found = await definitionOf(parts, session, { parent, args });
  const profile = profileOf(parts, { args, found, call, provider: session.state().meta?.provider ?? "" });
  const isApart = (args.isolation ?? found?.isolation) === "worktree";
  const known = record.evidence === null ? null : worktreeEvidence.parse(record.evidence);
  const apart = isApart ? known ?? await planAgentWorktree(session, { parent, id: callId, signal }) : null;
  // Evidence is JSON by its schema.
  const evidence = apart === null ? undefined : apart as unknown as JsonObject;
  if (!(await beginKernelCall(session, record, call, evidence))) {
    if (known !== null) await takeBack(known);
    return cancelledOutcome;
  }
  const worktree = apart === null
    ? undefined
    : await makeAgentWorktree(apart, { signal, isBegun: known !== null }).catch(async (thrown) => {
      if (signal.aborted) await takeBack(apart);
      throw thrown;
    });
  const isBackground = args.background ?? found?.background ?? false;
  const told = await session.tell((transcript) => {
    const why = refuse(transcript);
    if (why !== null) throw cannotStart(why);
    return {
      actor: `${parent}/agent:${callId}`,
      type: "agent.started",
      data: {
        agent: callId,
        parent,
        description: args.description,
        prompt: args.prompt,
        call_id: callId,
        kind: isBackground ? "background" : "task",
        restart: parts.limits.restart,
        ...profile,
        ...(worktree === undefined ? {} : { worktree }),
      },
    };
  }).catch(async (thrown) => {
    if (apart !== null && thrown instanceof Problem) await takeBack(apart);
    throw thrown;
  });
  if (!told.accepted) {
    if (apart !== null) await takeBack(apart);
    return { status: "interrupted", reason: told.why };
  }
  return isBackground ? goesOn(args.name ?? callId) : null;
}

/** Not with the call's own signal: what was begun is cleared away also when the call was cancelled. */
export async function takeBack(evidence: WorktreeEvidence): Promise<void> {
  const signal = AbortSignal.timeout(clearTimeoutMs);
  if (await settleWorktree(evidence, signal) !== "whole") return;
  await clearWorktree(await openGit(evidence.worktree.repository, { signal }), evidence);
}

/** The agent of this call is there already: one in the background has let its call end, or is to do so now. */
async function begunBefore(
  session: SessionActor,
  record: CallRecord,
): Promise<ToolOutcome | null | undefined> {
  const { crew } = await session.transcript();
  const agent = [...crew.agents()].find(({ callId }) => callId === record.callId);
  if (agent === undefined) return undefined;
  return agent.kind === "background" ? goesOn(agent.profile.name ?? record.callId) : null;
}

function goesOn(called: string): ToolOutcome {
  return finished(
    `Agent "${called}" works in the background now, and you will be told when it has ended. ` +
      "SendMessage writes to it, AgentWait waits for it, AgentStop ends it",
  );
}

async function definitionOf(
  { definitions }: AgentParts,
  session: SessionActor,
  { parent, args: { subagent_type: name } }: { parent: string; args: AgentArgs },
): Promise<AgentDefinition | undefined> {
  if (name === undefined || name === generalAgent) return undefined;
  const workspace = (await metaOf(session, parent))?.workspace ?? "/";
  const set = await definitions(workspace);
  const found = definitionNamed(set, name);
  if (found !== undefined && "why" in found) {
    throw cannotStart(`the definition of "${name}" is wrong: ${found.why}, tell the user`);
  }
  if (found !== undefined) return found;
  const names = [generalAgent, ...set.agents.map((agent) => agent.name)];
  throw cannotStart(`there is no agent "${name}", there are ${names.join(", ")}`);
}

function profileOf(
  parts: AgentParts,
  { args, found, call, provider }: {
    args: AgentArgs;
    found: AgentDefinition | undefined;
    call: KernelCall;
    provider: string;
  },
): AgentProfile {
  const unknown = args.tools?.find((tool) => !call.toolNames.includes(tool));
  if (unknown !== undefined) {
    throw cannotStart(`you have no tool "${unknown}" to give it, you have ${call.toolNames.join(", ")}`);
  }
  const tools = both(found?.tools, args.tools);
  const model = modelFor(parts, { args, found, call, provider });
  const turns = [args.max_turns, found?.max_turns].filter((most) => most !== undefined);
  const budget = tighterBudget(found?.budget ?? {}, budgetOf(args.budget ?? {}));
  return {
    ...(args.name === undefined ? {} : { name: args.name }),
    ...(found === undefined ? {} : { definition: found.name }),
    ...(found === undefined || found.instructions === "" ? {} : { instructions: found.instructions }),
    ...(model === undefined ? {} : { model }),
    ...(tools === undefined ? {} : { tools }),
    ...(found?.disallowed_tools === undefined ? {} : { disallowed_tools: found.disallowed_tools }),
    ...(found?.permission_mode === undefined ? {} : { permission_mode: found.permission_mode }),
    ...(turns.length === 0 ? {} : { max_turns: Math.min(...turns) }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
}

/** What the definition leaves it, and of that what the call does. */
function both(a: readonly string[] | undefined, b: readonly string[] | undefined): string[] | undefined {
  if (a === undefined || b === undefined) return (a ?? b)?.slice();
  return a.filter((tool) => b.includes(tool));
}

function modelFor(
  { familyOf, isFamily }: AgentParts,
  { args, found, provider, call: { modelOf } }: {
    args: AgentArgs;
    found: AgentDefinition | undefined;
    call: KernelCall;
    provider: string;
  },
): AgentProfile["model"] {
  // What the agent that calls asks for is no folder's wish.
  const wish = {
    model: args.model ?? found?.model,
    source: args.model === undefined ? found?.source : "user",
  };
  return definedModel(
    { ...(wish.model === undefined ? {} : { model: wish.model }), source: wish.source ?? "user" },
    { provider, isFamily, familyOf: (text) => familyOf(text, provider), modelOf },
  );
}

/** Words for agents that stand in a certain relation are no names. */
function nameTaken(session: SessionActor, name: string | undefined, transcript: Transcript): string | null {
  if (name === undefined) return null;
  if (meansSomebodyElse(name)) return `"${name}" always means somebody else, choose another name`;
  return livingNames(session, transcript).has(name)
    ? `there is an agent called "${name}", choose another name`
    : null;
}

function cannotStart(why: string): Problem {
  return new Problem("conflict", `Cannot start the sub-agent: ${why}`);
}

function failed(error: string): ToolOutcome {
  return { status: "failed", error };
}
