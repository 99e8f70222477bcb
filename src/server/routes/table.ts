// The table of all routes: the router, the OpenAPI document and the tests read this list.
import type { Route } from "../route.ts";
import { getAgents } from "./agents.ts";
import { getEvents, openSocket } from "./events.ts";
import {
  archiveSession,
  createSession,
  forkSession,
  getRequest,
  getSession,
  getTree,
  listSessions,
  renameSession,
  restoreSession,
  verifySession,
} from "./sessions.ts";
import { compactSession, endBackground, setMode, setModel, setRules } from "./settings.ts";
import {
  expandCommand,
  getCommands,
  getHealth,
  getModels,
  getModelsOf,
  getOpenApi,
  getTools,
  postShutdown,
} from "./system.ts";
import { listTeams, startTeam } from "./teams.ts";
import { deleteTrust, getOutside, getTrusted, postTrust } from "./trust.ts";
import { addRule, explainCall, getPermissions, removeRule } from "./permissions.ts";
import { answerBudget, answerQuestion, listQuestions } from "./questions.ts";
import { answerApproval, cancelTurn, listApprovals, runTool, sendMessage } from "./work.ts";
import {
  cancelWorkflow,
  editWorkflow,
  getWorkflow,
  listWorkflows,
  pauseWorkflow,
  resumeWorkflow,
  startWorkflow,
} from "./workflows.ts";

/** Every route there is. */
export const routes: readonly Route[] = [
  getHealth,
  createSession,
  listSessions,
  getSession,
  getTree,
  archiveSession,
  restoreSession,
  renameSession,
  sendMessage,
  cancelTurn,
  runTool,
  listApprovals,
  answerApproval,
  listQuestions,
  answerQuestion,
  answerBudget,
  startTeam,
  listTeams,
  setMode,
  setRules,
  setModel,
  compactSession,
  endBackground,
  startWorkflow,
  listWorkflows,
  getWorkflow,
  pauseWorkflow,
  resumeWorkflow,
  editWorkflow,
  cancelWorkflow,
  forkSession,
  getEvents,
  openSocket,
  getRequest,
  verifySession,
  getTools,
  getCommands,
  expandCommand,
  getAgents,
  getModels,
  getModelsOf,
  getPermissions,
  explainCall,
  addRule,
  removeRule,
  getOutside,
  postTrust,
  deleteTrust,
  getTrusted,
  postShutdown,
  getOpenApi,
];
