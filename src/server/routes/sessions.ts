// Routes that make, show, name, fork and put away sessions.
import { z } from "zod";
import {
  createSessionBody,
  forkBody,
  requestView,
  sessionSummary,
  sessionView,
  verifyReport,
} from "../../protocol/http.ts";
import { sessionName } from "../../protocol/commands.ts";
import { actorConversation, treeView } from "../../protocol/tree_views.ts";
import { Problem } from "../../protocol/problem.ts";
import { defaultLimits } from "../limits.ts";
import { defineRoute, queryInteger } from "../route.ts";

const sessionId = z.object({ session_id: z.string() });
const cursorCharsMax = 512;
const actorCharsMax = 1000;

export const createSession = defineRoute({
  method: "POST",
  path: "/sessions",
  summary: "Create a session",
  body: createSessionBody,
  answers: { 201: { description: "Created, and on disk", schema: sessionId } },
  handle: async ({ body, services }) => Response.json(await services.host.create(body), { status: 201 }),
});

export const listSessions = defineRoute({
  method: "GET",
  path: "/sessions",
  summary: "List sessions, the last used first",
  query: z.strictObject({
    limit: queryInteger({ min: 1, max: defaultLimits.sessionsMax }).optional(),
    cursor: z.string().min(1).max(cursorCharsMax).optional(),
  }),
  answers: {
    200: {
      description: "A page; `next` is the cursor of the one after it, null at the end",
      schema: z.object({ sessions: z.array(sessionSummary), next: z.string().nullable() }),
    },
  },
  handle: async ({ query, services }) => {
    const { limit = services.limits.sessionsDefault, cursor } = query;
    return Response.json(await services.host.list(cursor === undefined ? { limit } : { limit, cursor }));
  },
});

export const getSession = defineRoute({
  method: "GET",
  path: "/sessions/:id",
  summary:
    "The conversation and state of a session, now or at an earlier point; with `actor` those of one actor",
  query: z.strictObject({
    at: queryInteger({ min: 1 }).optional(),
    /** A path, or a name. */
    actor: z.string().min(1).max(actorCharsMax).optional(),
  }),
  answers: {
    200: {
      description: "The session as folded at `seq`, or with `actor` that actor and its conversation",
      schema: z.union([sessionView, actorConversation]),
    },
  },
  handle: async ({ query: { at, actor }, session, services: { host } }) =>
    Response.json(
      actor === undefined
        ? await host.view(await session(), at)
        : await host.actor(await session(), actor, at),
    ),
});

export const getTree = defineRoute({
  method: "GET",
  path: "/sessions/:id/tree",
  summary: "Every actor of a session, its state and mailbox, now or at an earlier point",
  query: z.strictObject({ at: queryInteger({ min: 1 }).optional() }),
  answers: { 200: { description: "Each actor after its parent", schema: treeView } },
  handle: async ({ query, session, services }) =>
    Response.json(await services.host.tree(await session(), query.at)),
});

export const archiveSession = defineRoute({
  method: "DELETE",
  path: "/sessions/:id",
  summary: "Move a session to the trash, from where it can be restored",
  answers: {
    200: {
      description: "In the trash",
      schema: z.object({ session_id: z.string(), archived: z.literal(true) }),
    },
  },
  handle: async ({ session, services }) => {
    const id = await session();
    await services.host.archive(id);
    return Response.json({ session_id: id, archived: true });
  },
});

export const restoreSession = defineRoute({
  method: "POST",
  path: "/sessions/:id/restore",
  summary: "Take a session back out of the trash",
  answers: { 200: { description: "It is back", schema: sessionId } },
  handle: async ({ param, session, services }) => {
    // What lies in the trash may no longer have a name, but its id is good for this.
    const id = await session().catch((thrown) => {
      if (thrown instanceof Problem && thrown.code === "not_found") return param("id");
      throw thrown;
    });
    await services.host.restore(id);
    return Response.json({ session_id: id });
  },
});

export const renameSession = defineRoute({
  method: "POST",
  path: "/sessions/:id/name",
  summary: "Rename a session",
  body: z.strictObject({ name: sessionName }),
  answers: {
    200: {
      description: "Renamed",
      schema: z.object({ session_id: z.string(), name: z.string(), seq: z.number().int() }),
    },
  },
  handle: async ({ body, session, carryOut }) => {
    const id = await session();
    const { seq } = await carryOut(id, { type: "session.rename", name: body.name });
    return Response.json({ session_id: id, name: body.name, seq });
  },
});

export const forkSession = defineRoute({
  method: "POST",
  path: "/sessions/:id/fork",
  summary: "A new session that starts from a point of this one",
  body: forkBody,
  answers: { 201: { description: "Forked", schema: sessionId } },
  handle: async ({ body, session, services }) =>
    Response.json(await services.host.fork(await session(), body.at, body.name), { status: 201 }),
});

export const getRequest = defineRoute({
  method: "GET",
  path: "/sessions/:id/requests/:request_id",
  summary: "What a model call was sent, byte for byte, with proof",
  answers: { 200: { description: "The request", schema: requestView } },
  handle: async ({ param, session, services }) =>
    Response.json(await services.host.request(await session(), param("request_id"))),
});

export const verifySession = defineRoute({
  method: "GET",
  path: "/sessions/:id/verify",
  summary: "Replay the log and compare every recorded digest",
  answers: {
    200: { description: "The report, also when it says that something differs", schema: verifyReport },
  },
  handle: async ({ session, services }) => Response.json(await services.host.verify(await session())),
});
