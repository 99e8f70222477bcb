// Routes of teams: begin one, and look at those there are.
import { z } from "zod";
import { idPattern } from "../../protocol/commands.ts";
import { teamSpec, teamView } from "../../protocol/team_spec.ts";
import { defineRoute, queryInteger } from "../route.ts";

export const startTeam = defineRoute({
  method: "POST",
  path: "/sessions/:id/teams",
  summary: "Begin a team of agents beside the conversation",
  query: z.strictObject({ id: z.string().regex(idPattern).optional() }),
  body: teamSpec,
  answers: {
    201: {
      description: "It works. The same `id` again is the same team",
      schema: z.object({ team: z.string(), seq: z.number().int(), repeated: z.boolean().optional() }),
    },
  },
  handle: async ({ query, body: spec, session, carryOut }) => {
    const { team, seq, repeated } = await carryOut(await session(), { type: "team.start", spec, ...query });
    if (team === undefined) throw new Error("the receipt of a team has no team");
    return Response.json({ team, seq, ...(repeated ? { repeated } : {}) }, { status: 201 });
  },
});

export const listTeams = defineRoute({
  method: "GET",
  path: "/sessions/:id/teams",
  summary: "The teams of a session with the states of their members, now or at an earlier point",
  query: z.strictObject({ at: queryInteger({ min: 1 }).optional() }),
  answers: { 200: { description: "The oldest first", schema: z.object({ teams: z.array(teamView) }) } },
  handle: async ({ query, session, services }) =>
    Response.json({ teams: await services.host.teams(await session(), query.at) }),
});
