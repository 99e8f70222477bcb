// Routes about permissions: the rules in force, why a call would run or not, and the user's own rules.
import { z } from "zod";
import { userRuleBody } from "../../protocol/permission_views.ts";
import { defineRoute } from "../route.ts";

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
