// The upgrade of a request to a WebSocket: checks what can still be answered in HTTP, then starts a connection.
import { Problem } from "../../protocol/problem.ts";
import { offeredProtocols, socketProtocol } from "../auth.ts";
import { runConnection, type SocketRequest } from "./connection.ts";

/** Answers with the upgrade. Of the offered subprotocols only our own is echoed, never one that carries the token. */
export function acceptSocket(request: Request, options: SocketRequest): Response {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || request.method !== "GET") {
    throw new Problem("bad_request", "Cannot open a WebSocket: the request asks for no upgrade", {
      hint: "Connect with a WebSocket client, or read GET /sessions/:id/events",
    });
  }
  const offered = offeredProtocols(request.headers);
  if (offered.length > 0 && !offered.includes(socketProtocol)) {
    throw new Problem(
      "bad_request",
      `Cannot open a WebSocket: only the subprotocol "${socketProtocol}" is spoken`,
    );
  }
  const leave = options.services.followers.enter();
  try {
    const { socket, response } = Deno.upgradeWebSocket(
      request,
      offered.length > 0 ? { protocol: socketProtocol } : {},
    );
    runConnection(socket, { ...options, onClosed: leave });
    return response;
  } catch (thrown) {
    leave();
    if (!(thrown instanceof TypeError)) throw thrown;
    throw new Problem("bad_request", "Cannot open a WebSocket: the upgrade request is incomplete", {
      cause: thrown,
    });
  }
}
