// Proof for every session that a test made: its log folds to the live state, digest by digest, request by request.
import type { Host } from "../../actors/host.ts";

/** Throws when a session does not prove itself. Damaged ones are meant to be: their tests say so. */
export async function proveSessions(host: Host): Promise<void> {
  let cursor: string | null = null;
  do {
    const page = await host.list({ limit: 100, ...(cursor === null ? {} : { cursor }) });
    for (const { session_id, status } of page.sessions) {
      if (status === "damaged") continue;
      const report = await host.verify(session_id);
      if (!report.ok) {
        throw new Error(`Session "${session_id}" does not prove itself: ${JSON.stringify(report)}`);
      }
    }
    cursor = page.next;
  } while (cursor !== null);
}
