// Following a session over a line that fails in every way: each event once, in order, nothing lost.
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { follow, type FollowOptions } from "../../src/client/follow.ts";
import { type Mishap, startUnsteadyServer, type UnsteadyServer } from "./unsteady_server.ts";

const servers: UnsteadyServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function start(count: number, mishaps: () => Mishap | undefined = () => undefined): UnsteadyServer {
  const server = startUnsteadyServer(count, mishaps);
  servers.push(server);
  return server;
}

function clientOf({ url, token }: UnsteadyServer) {
  return createClient({ url, token, version: "t" }, { dataDir: "/nonexistent", url, token });
}

/** Follows until the event `upTo` has come. */
async function seqsOf(server: UnsteadyServer, upTo: number, options: FollowOptions = {}): Promise<number[]> {
  const seqs: number[] = [];
  for await (const frame of follow(clientOf(server), "s1", { backoffMs: 1, ...options })) {
    if (frame.type === "event") seqs.push(frame.event.seq);
    if (seqs.at(-1) === upTo) break;
  }
  return seqs;
}

const upTo = (count: number, from = 1) => Array.from({ length: count - from + 1 }, (_, i) => from + i);

describe("following a session", () => {
  test("whatever the line does, every event comes exactly once and in order", async () => {
    const mishap = fc.option(fc.constantFrom<Mishap>("drop", "repeat", "skip", "gap", "garble", "early"), {
      nil: undefined,
      freq: 3,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mishap, { maxLength: 60 }), fc.nat({ max: 20 }), async (plan, after) => {
        const due = [...plan];
        const server = start(40, () => due.shift());
        expect(await seqsOf(server, 40, { after })).toEqual(upTo(40, after + 1));
      }),
      { numRuns: 60 },
    );
  });

  test("a follower that lost the daemon ten times goes on where it was, also with what came meanwhile", async () => {
    let frames = 0;
    const server = start(100, () => ++frames % 10 === 0 && frames <= 100 ? "drop" : undefined);
    expect(await seqsOf(server, 100)).toEqual(upTo(100));
    expect(server.sockets()).toBeGreaterThanOrEqual(10);
  });

  test("live events after the history come in the same sequence", async () => {
    const server = start(5);
    const seqs: number[] = [];
    for await (const frame of follow(clientOf(server), "s1")) {
      if (frame.type === "synced") server.grow(5);
      if (frame.type === "event") seqs.push(frame.event.seq);
      if (seqs.length === 10) break;
    }
    expect(seqs).toEqual(upTo(10));
  });

  test("a slow reader of a large session gets all of it with a bounded queue", async () => {
    const server = start(25_000);
    const seqs: number[] = [];
    for await (const frame of follow(clientOf(server), "s1", { backoffMs: 1 })) {
      if (frame.type !== "event") continue;
      seqs.push(frame.event.seq);
      if (frame.event.seq === 1) await new Promise((resolve) => setTimeout(resolve, 500));
      if (frame.event.seq === 25_000) break;
    }
    expect(seqs).toEqual(upTo(25_000));
    expect(server.sockets()).toBeGreaterThan(1);
  });

  test("an abort ends it quietly", async () => {
    const server = start(3);
    const stop = new AbortController();
    const seqs: number[] = [];
    for await (const frame of follow(clientOf(server), "s1", { signal: stop.signal })) {
      if (frame.type === "event") seqs.push(frame.event.seq);
      if (frame.type === "synced") stop.abort();
    }
    expect(seqs).toEqual([1, 2, 3]);
  });

  test("an unknown session is said at once, not tried again", async () => {
    const server = start(3);
    const frames = follow(clientOf(server), "other", { backoffMs: 1 });
    await expect(frames.next()).rejects.toMatchObject({ code: "not_found" });
    expect(server.sockets()).toBe(0);
  });

  test("a refused token is said at once, not tried again", async () => {
    const server = start(3);
    const frames = follow(clientOf({ ...server, token: "wrong" }), "s1", { backoffMs: 1 });
    await expect(frames.next()).rejects.toMatchObject({ code: "unauthorized" });
  });

  test("a point after the end of the session is an error, not an endless wait", async () => {
    const frames = follow(clientOf(start(3)), "s1", { after: 9 });
    await expect(frames.next()).rejects.toMatchObject({ code: "bad_request" });
  });

  test("a log that has become shorter than what was seen is an error, not a silent jump", async () => {
    let drop = false;
    const server = start(10, () => drop ? "drop" : undefined);
    const read = async () => {
      for await (const frame of follow(clientOf(server), "s1", { backoffMs: 1 })) {
        if (frame.type !== "synced") continue;
        server.grow(1);
        server.shrink(4);
        drop = true;
        server.grow(1);
        servers.splice(0);
        await server.stop();
      }
    };
    await expect(read()).rejects.toMatchObject({
      code: expect.stringMatching(/bad_request|daemon_not_running/),
    });
  });

  test("a daemon that stays away is given up after the stated number of attempts", async () => {
    const server = start(3);
    const read = async () => {
      for await (const frame of follow(clientOf(server), "s1", { backoffMs: 1, attemptsMax: 3 })) {
        if (frame.type !== "synced") continue;
        servers.splice(0);
        await server.stop();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "daemon_not_running" });
  });
});
