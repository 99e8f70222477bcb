// A WebSocket client on bare TCP that reads only when it is told to.
import { serverFrame } from "../../src/protocol/frames.ts";
import type { ServerFrame } from "../../src/protocol/frames.ts";
import { upgradeText } from "./server.ts";

export interface RawSocket {
  /** Reads until the server closes or `enough` says so; returns the frames and the closing code, if there was one. */
  read(
    enough: (frames: ServerFrame[]) => boolean,
    pauseMs?: number,
  ): Promise<{ frames: ServerFrame[]; code: number | null }>;
  close(): void;
}

const chunkBytes = 65_536;

/** Connects and asks for the upgrade; reads nothing yet. */
export async function openRawSocket(port: number, path: string, token: string): Promise<RawSocket> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const text = upgradeText({ port, url: "", stop: () => Promise.resolve() }, path, {
    Authorization: `Bearer ${token}`,
  });
  await connection.write(new TextEncoder().encode(text));
  let pending = new Uint8Array();
  let upgraded = false;

  return {
    async read(enough, pauseMs = 0) {
      const frames: ServerFrame[] = [];
      const chunk = new Uint8Array(chunkBytes);
      while (!enough(frames)) {
        const count = await connection.read(chunk);
        if (count === null) return { frames, code: null };
        pending = concat(pending, chunk.subarray(0, count));
        if (!upgraded) {
          const end = new TextDecoder().decode(pending).indexOf("\r\n\r\n");
          if (end < 0) continue;
          upgraded = true;
          pending = pending.subarray(end + 4);
        }
        for (let frame = nextFrame(pending); frame !== null; frame = nextFrame(pending)) {
          pending = pending.subarray(frame.length);
          if (frame.opcode === 8) {
            return { frames, code: ((frame.payload[0] ?? 0) << 8) | (frame.payload[1] ?? 0) };
          }
          if (frame.opcode === 1) {
            frames.push(serverFrame.parse(JSON.parse(new TextDecoder().decode(frame.payload))));
          }
        }
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      return { frames, code: null };
    },
    close: () => connection.close(),
  };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** RFC 6455, section 5.2; frames of servers have no mask. Null when the frame is not complete. */
function nextFrame(bytes: Uint8Array): { opcode: number; payload: Uint8Array; length: number } | null {
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = view.getUint8(1) & 0x7f;
  const header = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < header) return null;
  const size = short === 127 ? Number(view.getBigUint64(2)) : short === 126 ? view.getUint16(2) : short;
  if (bytes.length < header + size) return null;
  return {
    opcode: view.getUint8(0) & 0x0f,
    payload: bytes.slice(header, header + size),
    length: header + size,
  };
}
