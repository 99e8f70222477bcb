// The sending side of one WebSocket, as the parts of a connection use it.
import type { ServerFrame } from "../../protocol/frames.ts";

/** Codes with which the server closes a WebSocket. */
export const closeCodes = {
  goingAway: 1001,
  refused: 1008,
  tooLarge: 1009,
  failed: 1011,
  tooSlow: 4008,
} as const;
/** The protocol allows 123 bytes; three bytes a character at the most. */
const closeReasonCharsMax = 40;

/** What the parts of a connection use to talk to its client. */
export interface Wire {
  send(frame: ServerFrame): void;
  sendEncoded(text: string): void;
  /** Bytes that wait in the socket. */
  waiting(): number;
  isOpen(): boolean;
  close(code: number, reason: string): void;
}

/** Wraps a socket; sending to one that is not open does nothing. */
export function createWire(socket: WebSocket): Wire {
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  const sendEncoded = (text: string) => {
    if (isOpen()) socket.send(text);
  };
  return {
    isOpen,
    sendEncoded,
    send: (frame) => sendEncoded(JSON.stringify(frame)),
    waiting: () => socket.bufferedAmount,
    close(code, reason) {
      if (isOpen()) socket.close(code, reason.slice(0, closeReasonCharsMax).toWellFormed());
    },
  };
}
