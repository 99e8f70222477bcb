// One browser a session: started at first use, used by one action after the other, ended when idle, closed or crashed.
import { Problem } from "../../src/protocol/problem.ts";
import { type Chromium, type ChromiumOptions, startChromium } from "./chromium.ts";

export const browsersMax = 8;
export const idleMsMax = 10 * 60_000;
/** Actions that wait for the one before them. */
const waitingMax = 16;

interface Room {
  chromium: Promise<Chromium> | null;
  last: Promise<unknown>;
  waiting: number;
  idle: ReturnType<typeof setTimeout> | undefined;
}

export interface Rooms {
  /** Runs `work` with the session's browser when it is its turn; null when there is none and none is to be started. */
  use<Result>(
    sessionId: string,
    options: { start: boolean },
    work: (chromium: Chromium | null) => Promise<Result>,
  ): Promise<Result>;
  /** False when there was none. */
  close(sessionId: string): Promise<boolean>;
  closeAll(): Promise<void>;
}

export function openRooms(options: ChromiumOptions, idleMs = idleMsMax): Rooms {
  const rooms = new Map<string, Room>();

  const close = async (sessionId: string) => {
    const room = rooms.get(sessionId);
    rooms.delete(sessionId);
    clearTimeout(room?.idle);
    const chromium = await room?.chromium?.catch(() => null);
    await chromium?.close();
    return chromium !== undefined && chromium !== null;
  };
  const enter = (sessionId: string) => {
    const known = rooms.get(sessionId);
    if (known !== undefined) return known;
    if (rooms.size >= browsersMax) {
      throw new Problem(
        "limit_reached",
        `Cannot open a browser: ${browsersMax} sessions have one, close one of them`,
      );
    }
    const room: Room = { chromium: null, last: Promise.resolve(), waiting: 0, idle: undefined };
    rooms.set(sessionId, room);
    return room;
  };
  /** A browser that crashed is gone; the next start makes a new one. */
  const current = async (room: Room, start: boolean) => {
    const chromium = await room.chromium?.catch(() => null) ?? null;
    if (chromium?.isRunning()) return chromium;
    await chromium?.close();
    room.chromium = start ? startChromium(options) : null;
    return await room.chromium;
  };

  return {
    async use(sessionId, { start }, work) {
      if (!start && !rooms.has(sessionId)) return await work(null);
      const room = enter(sessionId);
      if (room.waiting >= waitingMax) {
        throw new Problem(
          "too_many_requests",
          `Cannot use the browser: ${waitingMax} actions wait for it already`,
        );
      }
      room.waiting++;
      clearTimeout(room.idle);
      const mine = room.last.then(async () => await work(await current(room, start)));
      room.last = mine.catch(() => {});
      try {
        return await mine;
      } finally {
        room.waiting--;
        if (room.chromium === null || await isDead(room.chromium)) await leave(sessionId, room);
        else if (room.waiting === 0 && rooms.get(sessionId) === room) {
          room.idle = setTimeout(() => void close(sessionId), idleMs);
          Deno.unrefTimer(Number(room.idle));
        }
      }
    },
    close,
    closeAll: async () => void await Promise.all([...rooms.keys()].map(close)),
  };

  async function leave(sessionId: string, room: Room): Promise<void> {
    if (room.waiting === 0 && rooms.get(sessionId) === room) await close(sessionId);
  }
}

async function isDead(chromium: Promise<Chromium>): Promise<boolean> {
  return !(await chromium.catch(() => null))?.isRunning();
}
