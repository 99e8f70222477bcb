// Routes about what a folder brings along: hooks, servers and tools that are used only once a person has seen them.
import { z } from "zod";
import { outsideDigest } from "../../../actors/outside.ts";
import { outsideView } from "../../protocol/http.ts";
import { defineRoute } from "../route.ts";

const workspace = z.string().min(1).max(4096);
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
  summary: "Approve what was shown under this digest; changed content gets 409",
  body: z.strictObject({ workspace, digest: z.string().min(1).max(128) }),
  answers: { 200: { description: "Remembered for this exact content", schema: answer } },
  handle: async ({ body, services }) => {
    const items = await services.host.trust(body.workspace, body.digest);
    return Response.json({ items, digest: outsideDigest(items) });
  },
});
