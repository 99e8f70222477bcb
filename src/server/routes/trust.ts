// Routes about what a folder brings along: hooks, servers and tools that are used only once a person has seen them.
import { z } from "zod";
import { outsideDigest } from "../../../actors/outside.ts";
import { outsideName, outsideView, trustedView } from "../../protocol/http.ts";
import { defineRoute } from "../route.ts";

const workspace = z.string().min(1).max(4096);
const only = z.array(outsideName).max(1_000).optional();
const answer = z.object({
  items: z.array(outsideView),
  /** Names exactly these items with exactly these texts. */
  digest: z.string(),
});

export const getOutside = defineRoute({
  method: "GET",
  path: "/trust",
  summary: "What a folder brings along that could run code or steer the agent, and whether it is approved",
  query: z.strictObject({ workspace }),
  answers: { 200: { description: "Every item with its whole text", schema: answer } },
  handle: async ({ query, services }) => {
    const items = await services.host.outside(query.workspace);
    return Response.json({ items, digest: outsideDigest(items) });
  },
});

export const postTrust = defineRoute({
  method: "POST",
  path: "/trust",
  summary: "Approve what was shown under this digest, all or only these; changed content gets 409",
  body: z.strictObject({ workspace, digest: z.string().min(1).max(128), only }),
  answers: { 200: { description: "Remembered for this exact content", schema: answer } },
  handle: async ({ body, services }) => {
    const items = await services.host.trust(body.workspace, body.digest, body.only);
    return Response.json({ items, digest: outsideDigest(items) });
  },
});

export const deleteTrust = defineRoute({
  method: "DELETE",
  path: "/trust",
  summary: "Take approvals of a folder back, all or only these, and end what runs by them",
  body: z.strictObject({ workspace, only }),
  answers: {
    200: { description: "How many there were", schema: z.object({ withdrawn: z.number().int() }) },
  },
  handle: async ({ body, services }) =>
    Response.json({ withdrawn: await services.host.withdrawTrust(body.workspace, body.only) }),
});

export const getTrusted = defineRoute({
  method: "GET",
  path: "/trust/approvals",
  summary: "Everything that is approved, of all folders, and whether it is still the same",
  answers: {
    200: {
      description: 'The latest last; a workspace of "" stands for the user\'s own configuration',
      schema: z.object({ approvals: z.array(trustedView) }),
    },
  },
  handle: async ({ services }) => Response.json({ approvals: await services.host.trusted() }),
});
