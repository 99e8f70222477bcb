// The daemon's interface as functions: one per route, each with a checked answer.
import { z } from "zod";
import { type Receipt, receipt } from "../protocol/commands.ts";
import type { JsonObject } from "../protocol/json.ts";
import { toolSpec } from "../protocol/conversation.ts";
import type { ApprovalDecision, Image, PermissionMode } from "../protocol/facts.ts";
import type { QuestionAnswer } from "../protocol/work_facts.ts";
import {
  approval,
  commandView,
  type CreateSession,
  eventsPage,
  health,
  modelView,
  type OutsideName,
  outsideView,
  pendingQuestion,
  requestView,
  sessionSummary,
  sessionView,
  trustedView,
  verifyReport,
} from "../protocol/http.ts";
import {
  type ExplainBody,
  explanation,
  permissionsView,
  type UserRule,
} from "../protocol/permission_views.ts";
import { type TeamSpec, teamView } from "../protocol/team_spec.ts";
import { agentsView } from "../protocol/agent_views.ts";
import { actorConversation, treeView } from "../protocol/tree_views.ts";
import { type startWorkflowBody, workflowView } from "../protocol/workflow_views.ts";
import { connect, type Connection, type ConnectOptions } from "./connection.ts";
import { request } from "./http.ts";

export type Client = ReturnType<typeof createClient>;

/** Finds the daemon and returns its functions. */
export async function openClient(options: ConnectOptions): Promise<Client> {
  return createClient(await connect(options), options);
}

const outsideAnswer = z.object({ items: z.array(outsideView), digest: z.string() });
const created = z.object({ session_id: z.string() });
const done = z.unknown();
const teamStarted = z.object({ team: z.string(), seq: z.number().int() });
const teamList = z.object({ teams: z.array(teamView) });
const workflowStarted = z.object({ workflow: z.string(), seq: z.number().int() });
const workflowList = z.object({ workflows: z.array(workflowView) });
const eventsPageMax = 1000;
const verifyWaitMs = 600_000;
/** The longest that a tool may take, and a little. */
const toolWaitMs = 700_000;
const toolRun = z.object({
  result: z.object({ id: z.string(), name: z.string(), output: z.string(), success: z.boolean() }),
});

/** All functions throw a Problem; `session` may be an id, a unique prefix, a name or `last`. */
export function createClient(first: Connection, options: ConnectOptions) {
  let connection = first;
  const get = <Answer>(path: string, answer: z.ZodType<Answer>, signal?: AbortSignal) =>
    request(connection, { path, answer, signal });
  const post = <Answer>(path: string, body: unknown, answer: z.ZodType<Answer>) =>
    request(connection, { method: "POST", path, body, answer });
  const at = (session: string, rest = "") => `/sessions/${encodeURIComponent(session)}${rest}`;

  return {
    connection: () => connection,
    /** Looks for the daemon again: after a restart it may have another port. */
    reconnect: async () => {
      connection = await connect(options);
    },
    health: () => get("/health", health),
    create: (input: Partial<CreateSession>) => post("/sessions", input, created),
    sessions: (query: { limit?: number; cursor?: string | null } = {}) => {
      const search = new URLSearchParams({ limit: String(query.limit ?? 100) });
      if (query.cursor) search.set("cursor", query.cursor);
      return get(
        `/sessions?${search}`,
        z.object({ sessions: z.array(sessionSummary), next: z.string().nullish() }),
      );
    },
    view: (session: string, seq?: number) =>
      get(at(session, seq === undefined ? "" : `?at=${seq}`), sessionView),
    startTeam: (session: string, spec: TeamSpec, id?: string) =>
      post(
        at(session, `/teams${id === undefined ? "" : `?id=${encodeURIComponent(id)}`}`),
        spec,
        teamStarted,
      ),
    teams: (session: string, seq?: number) =>
      get(at(session, `/teams${seq === undefined ? "" : `?at=${seq}`}`), teamList),
    startWorkflow: (session: string, body: z.input<typeof startWorkflowBody>) =>
      post(at(session, "/workflows"), body, workflowStarted),
    workflows: (session: string, signal?: AbortSignal) =>
      get(at(session, "/workflows"), workflowList, signal),
    /** Pauses, resumes, edits or cancels one. */
    changeWorkflow: (
      session: string,
      workflow: string,
      change: "pause" | "resume" | "edit" | "cancel",
      body: JsonObject = {},
    ) => post(at(session, `/workflows/${encodeURIComponent(workflow)}/${change}`), body, done),
    tree: (session: string, seq?: number, signal?: AbortSignal) =>
      get(at(session, `/tree${seq === undefined ? "" : `?at=${seq}`}`), treeView, signal),
    /** One actor by its path or name, with its conversation. */
    actor: (session: string, name: string, seq?: number) => {
      const search = new URLSearchParams({ actor: name, ...(seq === undefined ? {} : { at: String(seq) }) });
      return get(at(session, `?${search}`), actorConversation);
    },
    events: (session: string, after: number, limit = eventsPageMax, signal?: AbortSignal) =>
      get(at(session, `/events?after=${after}&limit=${limit}`), eventsPage, signal),
    send: (session: string, body: SendMessage): Promise<Receipt> =>
      post(at(session, "/messages"), body, receipt),
    /** `actor`: only that one and what it started. */
    cancel: (session: string, actor?: string) =>
      post(at(session, "/cancel"), actor === undefined ? {} : { actor }, done),
    agents: (workspace: string) => get(`/agents?${new URLSearchParams({ workspace })}`, agentsView),
    approvals: (session: string) =>
      get(at(session, "/approvals"), z.object({ approvals: z.array(approval) })),
    answer: (session: string, callId: string, body: Answer) =>
      post(at(session, `/approvals/${encodeURIComponent(callId)}`), body, done),
    questions: (session: string) =>
      get(at(session, "/questions"), z.object({ questions: z.array(pendingQuestion) })),
    answerQuestion: (session: string, callId: string, answers: QuestionAnswer[]) =>
      post(at(session, `/questions/${encodeURIComponent(callId)}`), { answers }, done),
    answerBudget: (session: string, decision: "continue" | "stop", actor?: string) =>
      post(at(session, "/budget"), { decision, ...(actor === undefined ? {} : { actor }) }, done),
    setMode: (session: string, permission_mode: PermissionMode) =>
      post(at(session, "/mode"), { permission_mode }, done),
    setModel: (session: string, model: string) => post(at(session, "/model"), { model }, done),
    compact: (session: string, instructions?: string) =>
      post(at(session, "/compact"), instructions === undefined ? {} : { instructions }, done),
    endBackground: (session: string, id: string) =>
      request(connection, {
        method: "DELETE",
        path: at(session, `/background/${encodeURIComponent(id)}`),
        answer: done,
      }),
    fork: (session: string, body: { at?: number; name?: string }) =>
      post(at(session, "/fork"), body, created),
    rename: (session: string, name: string) => post(at(session, "/name"), { name }, done),
    archive: (session: string) => request(connection, { method: "DELETE", path: at(session), answer: done }),
    restore: (session: string) => post(at(session, "/restore"), {}, done),
    request: (session: string, requestId: string) =>
      get(at(session, `/requests/${encodeURIComponent(requestId)}`), requestView),
    verify: (session: string) =>
      request(connection, { path: at(session, "/verify"), answer: verifyReport, waitMs: verifyWaitMs }),
    /** Runs a tool by hand, and waits for its end. */
    runTool: (session: string, name: string, args: JsonObject) =>
      request(connection, {
        method: "POST",
        path: at(session, "/tools"),
        body: { tool_call: { name, args } },
        answer: toolRun,
        waitMs: toolWaitMs,
      }),
    tools: (workspace?: string) =>
      get(
        workspace === undefined ? "/tools" : `/tools?${new URLSearchParams({ workspace })}`,
        z.object({ tools: z.array(toolSpec) }),
      ),
    commands: (workspace: string) =>
      get(`/commands?${new URLSearchParams({ workspace })}`, z.object({ commands: z.array(commandView) })),
    expandCommand: (workspace: string, name: string, args: string) =>
      post(`/commands/${encodeURIComponent(name)}`, { workspace, args }, z.object({ text: z.string() })),
    models: () => get("/models", z.object({ models: z.array(modelView) })),
    modelsOf: (provider: string) =>
      get(`/models/${encodeURIComponent(provider)}`, z.object({ models: z.array(z.string()) })),
    permissions: (where: { session?: string; workspace?: string }) =>
      get(`/permissions?${new URLSearchParams(where)}`, permissionsView),
    explain: (body: ExplainBody) => post("/permissions/explain", body, explanation),
    addRule: (rule: UserRule) => post("/permissions/rules", rule, done),
    removeRule: (rule: UserRule) =>
      request(connection, { method: "DELETE", path: "/permissions/rules", body: rule, answer: done }),
    setRules: (session: string, rules: { allow: string[]; ask: string[]; deny: string[] }) =>
      post(at(session, "/rules"), rules, done),
    outside: (workspace: string) => get(`/trust?${new URLSearchParams({ workspace })}`, outsideAnswer),
    trust: (workspace: string, digest: string, only?: readonly OutsideName[]) =>
      post("/trust", { workspace, digest, ...(only === undefined ? {} : { only }) }, outsideAnswer),
    /** Takes approvals of a folder back: all, or `only` these. */
    withdrawTrust: (workspace: string, only?: readonly OutsideName[]) =>
      request(connection, {
        method: "DELETE",
        path: "/trust",
        body: { workspace, ...(only === undefined ? {} : { only }) },
        answer: z.object({ withdrawn: z.number() }),
      }),
    /** What is approved, in all folders. */
    trusted: () => get("/trust/approvals", z.object({ approvals: z.array(trustedView) })),
    shutdown: () => post("/shutdown", {}, done),
  };
}

export interface SendMessage {
  message: string;
  /** Another agent than the main one, by its name or path. */
  to?: string;
  id?: string;
  max_steps?: number;
  images?: Image[];
}

export interface Answer {
  decision: ApprovalDecision;
  reason?: string;
  digest?: string;
}
