// A web server on loopback that answers as a test says, and counts who came and what they were given.
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface WebServer {
  port: number;
  origin: string;
  /** `METHOD path host` of every request. */
  requests: string[];
  headers: http.IncomingHttpHeaders[];
  /** Connections, also those on which nothing was asked. */
  connections(): number;
  close(): Promise<void>;
}

export type Answering = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export async function startWebServer(answer: Answering, address = "127.0.0.1"): Promise<WebServer> {
  const [requests, headers]: [string[], http.IncomingHttpHeaders[]] = [[], []];
  let connections = 0;
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.host}`);
    headers.push(request.headers);
    response.on("error", () => {});
    answer(request, response);
  });
  server.on("connection", () => connections++);
  server.on("upgrade", (request, socket) => {
    requests.push(`UPGRADE ${request.url} ${request.headers.host}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  // Listening on a port makes this an address with a port, not a path.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://${address}:${port}`,
    requests,
    headers,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers by path; everything else is 404. */
export function pages(
  table: Readonly<Record<string, { type: string; body: string | Uint8Array; status?: number }>>,
): Answering {
  return (request, response) => {
    const page = table[request.url ?? ""];
    response.writeHead(page?.status ?? (page === undefined ? 404 : 200), {
      "content-type": page?.type ?? "text/plain",
    });
    response.end(page?.body ?? "not here");
  };
}
