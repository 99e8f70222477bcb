// Routes about permissions: the rules in force, why a call would run or not, and the user's own rules.
import { z } from "zod";
import { explainBody, explanation, permissionsView, userRuleBody } from "../../protocol/permission_views.ts";
import type { Host, Where } from "../../../actors/host.ts";
import { defineRoute } from "../route.ts";

const sessionName = z.string().min(1).max(200);

export const getPermissions = defineRoute({
  method: "GET",
  path: "/permissions",
  summary: "The permission rules in force and where each comes from, the mode and the sandbox",
  query: z.strictObject({
    /** For new sessions in this folder. */
    workspace: z.string().min(1).max(4096).optional(),
    session: sessionName.optional(),
  }),
  answers: { 200: { description: "What holds now", schema: permissionsView } },
  handle: async ({ query, services }) =>
    Response.json(await services.host.permissions(await whereOf(services.host, query))),
});

export const explainCall = defineRoute({
  method: "POST",
  path: "/permissions/explain",
  summary: "Whether a call would run, be asked about or be refused, and which rule decides; nothing is run",
  body: explainBody,
  answers: { 200: { description: "The decision, and each part of a command", schema: explanation } },
  handle: async ({ body, services }) => {
    const where = await whereOf(services.host, { session: body.session_id, workspace: body.workspace });
    return Response.json(await services.host.explain(where, body));
  },
});

/** A session wins over a folder, because it has one. */
async function whereOf(
  host: Host,
  { session, workspace }: { session?: string | undefined; workspace?: string | undefined },
): Promise<Where> {
  return session === undefined ? { workspace } : { session: await host.resolve(session) };
}

export const addRule = defineRoute({
  method: "POST",
  path: "/permissions/rules",
  summary: "Add a permission rule of the user's, for one folder or for all",
  body: userRuleBody,
  answers: { 200: { description: "On disk, and in force", schema: z.object({ added: z.literal(true) }) } },
  handle: async ({ body, services }) => {
    await services.host.addRule(body);
    return Response.json({ added: true });
  },
});

export const removeRule = defineRoute({
  method: "DELETE",
  path: "/permissions/rules",
  summary: "Remove a permission rule that the user gave; 404 when there is none",
  body: userRuleBody,
  answers: { 200: { description: "It is gone", schema: z.object({ removed: z.literal(true) }) } },
  handle: async ({ body, services }) => {
    await services.host.removeRule(body);
    return Response.json({ removed: true });
  },
});
