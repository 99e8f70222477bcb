// Routes of workflows: begin one, look at those there are, pause, edit, resume and cancel one.
import { z } from "zod";
import { Problem } from "../../protocol/problem.ts";
import {
  editWorkflowBody,
  pauseWorkflowBody,
  startWorkflowBody,
  workflowView,
} from "../../protocol/workflow_views.ts";
import { defineRoute, queryInteger } from "../route.ts";

const accepted = z.object({ accepted: z.literal(true), seq: z.number().int() });
const onDisk = { 200: { description: "On disk", schema: accepted } } as const;
const at = z.strictObject({ at: queryInteger({ min: 1 }).optional() });

export const startWorkflow = defineRoute({
  method: "POST",
  path: "/sessions/:id/workflows",
  summary: "Check a workflow and begin it beside the conversation",
  body: startWorkflowBody,
  answers: {
    201: {
      description: "It runs. The same `id` again is the same workflow",
      schema: z.object({ workflow: z.string(), seq: z.number().int(), repeated: z.boolean().optional() }),
    },
  },
  handle: async ({ body, session, carryOut }) => {
    const { workflow, seq, repeated } = await carryOut(await session(), { type: "workflow.start", ...body });
    if (workflow === undefined) throw new Error("the receipt of a workflow has no workflow");
    return Response.json({ workflow, seq, ...(repeated ? { repeated } : {}) }, { status: 201 });
  },
});

export const listWorkflows = defineRoute({
  method: "GET",
  path: "/sessions/:id/workflows",
  summary: "The workflows of a session with the states of their nodes, now or at an earlier point",
  query: at,
  answers: {
    200: { description: "The oldest first", schema: z.object({ workflows: z.array(workflowView) }) },
  },
  handle: async ({ query, session, services }) =>
    Response.json({ workflows: await services.host.workflows(await session(), query.at) }),
});

export const getWorkflow = defineRoute({
  method: "GET",
  path: "/sessions/:id/workflows/:workflow",
  summary: "One workflow by its id",
  query: at,
  answers: { 200: { description: "As it is", schema: workflowView } },
  handle: async ({ query, session, param, services }) => {
    const name = param("workflow");
    const all = await services.host.workflows(await session(), query.at);
    const found = all.find(({ workflow, path }) => workflow === name || path === name);
    if (found !== undefined) return Response.json(found);
    throw new Problem("not_found", `Cannot find workflow "${name}": the session has none of that name`);
  },
});

export const pauseWorkflow = defineRoute({
  method: "POST",
  path: "/sessions/:id/workflows/:workflow/pause",
  summary: "Start no more nodes; those that run come to their ends",
  body: pauseWorkflowBody,
  answers: onDisk,
  handle: async ({ body, session, param, carryOut }) => {
    const workflow = param("workflow");
    const { seq } = await carryOut(await session(), { type: "workflow.pause", workflow, ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const resumeWorkflow = defineRoute({
  method: "POST",
  path: "/sessions/:id/workflows/:workflow/resume",
  summary: "Let a paused workflow go on",
  answers: onDisk,
  handle: async ({ session, param, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "workflow.resume", workflow: param("workflow") });
    return Response.json({ accepted: true, seq });
  },
});

export const editWorkflow = defineRoute({
  method: "POST",
  path: "/sessions/:id/workflows/:workflow/edit",
  summary: "Another definition for a paused workflow; nodes that have begun must stay",
  body: editWorkflowBody,
  answers: onDisk,
  handle: async ({ body, session, param, carryOut }) => {
    const workflow = param("workflow");
    const { seq } = await carryOut(await session(), { type: "workflow.edit", workflow, ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const cancelWorkflow = defineRoute({
  method: "POST",
  path: "/sessions/:id/workflows/:workflow/cancel",
  summary: "End a workflow and all that it started",
  answers: { 202: { description: "Cancelling", schema: accepted } },
  handle: async ({ session, param, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "workflow.cancel", workflow: param("workflow") });
    return Response.json({ accepted: true, seq }, { status: 202 });
  },
});
