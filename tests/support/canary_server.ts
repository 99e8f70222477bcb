// A place that nobody has a reason to talk to: it listens for connections and packets, and keeps what it is sent.
import { createSocket } from "node:dgram";

export interface CanaryServer {
  host: string;
  tcpPort: number;
  udpPort: number;
  url: string;
  /** What arrived, one entry for each connection and packet; one that sent nothing is an empty text. */
  heard(): readonly string[];
  close(): void;
}

const readBytesMax = 64 * 1024;
const reply =
  "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

export async function startCanary(host: string): Promise<CanaryServer> {
  const heard: string[] = [];
  const listener = Deno.listen({ hostname: host, port: 0 });
  const serve = async () => {
    for await (const visitor of listener) {
      const at = heard.push("") - 1;
      const buffer = new Uint8Array(readBytesMax);
      const size = await visitor.read(buffer).catch(() => null) ?? 0;
      heard[at] = new TextDecoder().decode(buffer.subarray(0, size));
      await visitor.write(new TextEncoder().encode(reply)).catch(() => {});
      visitor.close();
    }
  };
  // Ends with an error when the listener is closed.
  serve().catch(() => {});
  const socket = createSocket("udp4");
  socket.on("message", (bytes) => void heard.push(new TextDecoder().decode(bytes)));
  await new Promise<void>((resolve) => socket.bind({ port: 0, address: host }, resolve));
  return {
    host,
    tcpPort: listener.addr.port,
    udpPort: socket.address().port,
    url: `http://${host}:${listener.addr.port}`,
    heard: () => heard,
    close: () => {
      listener.close();
      socket.close();
    },
  };
}
