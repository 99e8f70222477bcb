// Routes about the agents that a folder and the user define.
import { z } from "zod";
import { agentsView } from "../../protocol/agent_views.ts";
import { defineRoute } from "../route.ts";

export const getAgents = defineRoute({
  method: "GET",
  path: "/agents",
  summary:
    "The agents that are defined in a folder and by the user, and what is wrong with broken definitions",
  query: z.strictObject({ workspace: z.string().min(1).max(4096) }),
  answers: { 200: { description: "By name", schema: agentsView } },
  handle: async ({ query, services }) => Response.json(await services.host.agents(query.workspace)),
});
