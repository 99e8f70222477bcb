// What a session is, beside what its actors do: a plain fold of the session's own facts.
import type { AgentMode, Fact, FactData, PermissionMode } from "../src/protocol/facts.ts";
import type { BudgetLimit, SessionHook, Worktree } from "../src/protocol/work_facts.ts";

export interface SessionMeta {
  sessionId: string;
  name: string | null;
  workspace: string;
  addDirs: readonly string[];
  provider: string;
  model: string;
  agentMode: AgentMode;
  permissionMode: PermissionMode;
  /** The mode that holds again when planning is over. */
  modeBeforePlan: PermissionMode | null;
  worktree: Worktree | null;
  context: string;
  machineVersion: string;
  createdAt: string;
  forkedFrom: string | null;
  archived: boolean;
  epoch: number;
  /** Recoveries in a row without any progress in between: bounds restart loops. */
  recoveries: number;
  /** Standing answers of this session: what `allow_always` and `reject_always` covered. */
  granted: readonly string[];
  refused: readonly string[];
  /** Rules that were given for this session only. */
  rules: { readonly [action in "allow" | "ask" | "deny"]: readonly string[] };
  /** What commands were last known to run in; null: it has not mattered yet. */
  sandbox: FactData<"session.sandbox_changed"> | null;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
  /** Hooks that were added to this session. */
  hooks: readonly SessionHook[];
  /** Limits that a person has extended, as they are now. */
  extended: Readonly<Partial<Record<BudgetLimit, number>>>;
}

/** The next meta, or the same object when the fact says nothing about the session itself. */
export function foldMeta(meta: SessionMeta | null, fact: Fact): SessionMeta | null {
  if (fact.type === "session.created") return created(fact.data, fact.at);
  if (meta === null) return null;
  switch (fact.type) {
    case "session.renamed":
      return { ...meta, name: fact.data.name };
    case "session.forked":
      return {
        ...meta,
        sessionId: fact.data.session_id,
        forkedFrom: fact.data.from,
        archived: false,
        recoveries: 0,
        // A worktree belongs to one session: two that remove it, or write in it, would be in each other's way.
        ...(meta.worktree === null ? {} : { workspace: meta.worktree.came_from, worktree: null }),
      };
    case "session.archived":
      return { ...meta, archived: true };
    case "session.restored":
      return { ...meta, archived: false };
    case "session.upgraded":
      return { ...meta, machineVersion: fact.data.to };
    case "session.owned":
      return {
        ...meta,
        epoch: fact.data.epoch,
        recoveries: fact.data.recovered ? meta.recoveries + 1 : meta.recoveries,
      };
    case "session.mode_changed":
      return withMode(meta, fact.data.permission_mode);
    case "session.rules_set":
      return { ...meta, rules: { allow: fact.data.allow, ask: fact.data.ask ?? [], deny: fact.data.deny } };
    case "session.sandbox_changed":
      return { ...meta, sandbox: fact.data };
    case "session.model_changed":
      return { ...meta, provider: fact.data.provider, model: fact.data.model };
    case "session.workspace_changed":
      return { ...meta, workspace: fact.data.workspace, worktree: fact.data.worktree };
    case "hook.registered": {
      const { by: _by, ...hook } = fact.data;
      // A call that is run again after a crash means the same hook.
      const text = JSON.stringify(hook);
      if (meta.hooks.some((known) => JSON.stringify(known) === text)) return meta;
      return { ...meta, hooks: [...meta.hooks, hook] };
    }
    case "budget.extended":
      // That of a single actor is the ledger's.
      if (fact.data.of !== undefined) return meta;
      return {
        ...meta,
        extended: { ...meta.extended, [fact.data.limit]: fact.data.max },
      };
    case "context.compacted":
      return fact.data.usage === undefined ? meta : spent(meta, fact.data.usage);
    case "model.replied":
      return spent({ ...meta, recoveries: 0 }, fact.data.usage);
    case "message.received":
    case "call.finished":
    case "call.failed":
      return meta.recoveries === 0 ? meta : { ...meta, recoveries: 0 };
    case "call.approved":
      return withGrant(meta, "granted", fact.data.grant);
    case "call.denied":
      return withGrant(meta, "refused", fact.data.grant);
    default:
      return meta;
  }
}

function created(data: FactData<"session.created">, at: string): SessionMeta {
  return {
    sessionId: data.session_id,
    name: data.name ?? null,
    workspace: data.workspace,
    addDirs: data.add_dirs,
    provider: data.provider,
    model: data.model,
    agentMode: data.agent_mode,
    permissionMode: data.permission_mode,
    modeBeforePlan: null,
    worktree: null,
    context: data.context ?? "",
    machineVersion: data.machine_version,
    createdAt: at,
    forkedFrom: null,
    archived: false,
    epoch: 0,
    recoveries: 0,
    granted: [],
    refused: [],
    sandbox: null,
    rules: { allow: [], ask: [], deny: [] },
    inputTokens: 0,
    outputTokens: 0,
    costUsd: null,
    hooks: [],
    extended: {},
  };
}

/** Whoever plans goes back to the mode there was before; a person may set any mode. */
function withMode(meta: SessionMeta, mode: PermissionMode): SessionMeta {
  const enters = mode === "plan" && meta.permissionMode !== "plan";
  const modeBeforePlan = enters ? meta.permissionMode : mode === "plan" ? meta.modeBeforePlan : null;
  return { ...meta, permissionMode: mode, modeBeforePlan };
}

function spent(meta: SessionMeta, usage: FactData<"model.replied">["usage"]): SessionMeta {
  return {
    ...meta,
    inputTokens: meta.inputTokens + usage.input_tokens,
    outputTokens: meta.outputTokens + usage.output_tokens,
    costUsd: usage.cost_usd === undefined ? meta.costUsd : (meta.costUsd ?? 0) + usage.cost_usd,
  };
}

function withGrant(meta: SessionMeta, list: "granted" | "refused", grant: string | undefined): SessionMeta {
  if (grant === undefined || meta[list].includes(grant)) return meta;
  return { ...meta, [list]: [...meta[list], grant] };
}
