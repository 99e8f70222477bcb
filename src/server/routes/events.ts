// Routes that read the log of a session: pages, an event stream, a WebSocket.
import { z } from "zod";
import { type Fact } from "../../protocol/facts.ts";
import { eventsPage } from "../../protocol/http.ts";
import { Problem } from "../../protocol/problem.ts";
import { createReader } from "../feed.ts";
import { defaultLimits } from "../limits.ts";
import { defineRoute, queryFlag, queryInteger, type Services } from "../route.ts";
import { eventStream } from "../sse.ts";
import { acceptSocket } from "../socket/upgrade.ts";
import { clientOf } from "./user.ts";

const eventStreamType = "text/event-stream";

export const getEvents = defineRoute({
  method: "GET",
  path: "/sessions/:id/events",
  summary: "Facts after a sequence number; with Accept: text/event-stream history and then live",
  query: z.strictObject({
    after: queryInteger({ min: 0 }).optional(),
    limit: queryInteger({ min: 1, max: defaultLimits.pageFactsMax }).optional(),
  }),
  answers: {
    200: {
      description: "A page in order; there is more while the last `seq` is below `head`",
      schema: eventsPage,
      type: eventStreamType,
    },
  },
  handle: async ({ query, session, request, services }) => {
    const id = await session();
    const { after = 0, limit = services.limits.pageFactsDefault } = query;
    const wantsStream = (request.headers.get("accept") ?? "").toLowerCase().includes(eventStreamType);
    if (wantsStream && request.method === "GET") {
      return await eventStream({ session: id, after: resumeAfter(request, after), services });
    }
    return Response.json(await readPage(id, { after, limit, services }));
  },
});

/** A browser that reconnects names the last event it has; that is newer than what stands in the address. */
function resumeAfter(request: Request, after: number): number {
  const last = request.headers.get("last-event-id");
  if (last === null || last === "") return after;
  if (!/^[0-9]{1,15}$/.test(last)) {
    throw new Problem("bad_request", "Cannot resume: the Last-Event-ID header is not a sequence number");
  }
  return Number(last);
}

async function readPage(
  session: string,
  options: { after: number; limit: number; services: Services },
): Promise<{ events: Fact[]; head: number }> {
  const { limit, services } = options;
  const { host, limits } = services;
  const { head } = await host.events(session, options.after, 1);
  const read = createReader({ host, session, limits });
  const events: Fact[] = [];
  let chars = 0;
  let after = options.after;
  while (after < head && events.length < limit && chars < limits.pageCharsMax) {
    for (const { fact, encoded } of await read(after)) {
      if (events.length >= limit || chars >= limits.pageCharsMax) break;
      events.push(fact);
      chars += encoded.length;
      after = fact.seq;
    }
  }
  return { events, head: Math.max(head, events.at(-1)?.seq ?? 0) };
}

export const openSocket = defineRoute({
  method: "GET",
  path: "/sessions/:id/ws",
  summary: "WebSocket: history after a sequence number, then live; takes commands",
  query: z.strictObject({
    after: queryInteger({ min: 0 }).optional(),
    deltas: queryFlag().optional(),
  }),
  answers: { 101: { description: "Frames follow", schema: null } },
  handle: async ({ query, session, request, services }) =>
    acceptSocket(request, {
      session: await session(),
      after: query.after ?? 0,
      deltas: query.deltas ?? true,
      client: clientOf(request.headers),
      services,
    }),
});
