// What /health answers: the one answer that needs neither a session nor a schema, so it can be given first of all.
import type { Health } from "../protocol/http.ts";

export const healthPath = "/health";

/** The answer of a daemon that is well. */
export function healthAnswer(daemon: { version: string; startedAt: Date; sessions: number }): Response {
  const upMs = Date.now() - daemon.startedAt.getTime();
  const body: Health = {
    status: "ok",
    version: daemon.version,
    uptime_s: Math.max(0, Math.round(upMs / 100) / 10),
    sessions: daemon.sessions,
  };
  return Response.json(body);
}
