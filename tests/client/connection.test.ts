// Finding the daemon, and whom the token is given to.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, isLoopback } from "../../src/client/connection.ts";
import { request } from "../../src/client/http.ts";
import { z } from "zod";

let dir = "";
const servers: Deno.HttpServer[] = [];
beforeEach(async () => void (dir = await Deno.makeTempDir({ prefix: "jamey-connect-" })));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.shutdown()));
  await Deno.remove(dir, { recursive: true });
});

/** A server that keeps what it was told. */
function serve(answer: (request: Request) => Response): { url: string; seen: (string | null)[] } {
  const seen: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(request.headers.get("authorization"));
    return answer(request);
  });
  servers.push(server);
  return { url: `http://127.0.0.1:${server.addr.port}`, seen };
}
const healthy = () => Response.json({ status: "ok", version: "9", uptime_s: 1, sessions: 0 });

async function leave(url: string, mode = 0o600, pid = 1): Promise<void> {
  const tokenFile = join(dir, "token");
  await Deno.writeTextFile(tokenFile, "secret\n");
  await Deno.chmod(tokenFile, mode);
  const file = { pid, url, token_file: tokenFile, version: "9", started_at: "2026-01-01T00:00:00Z" };
  await Deno.writeTextFile(join(dir, "daemon.json"), JSON.stringify(file));
}

describe("finding the daemon", () => {
  test("the discovery file gives the address and the token", async () => {
    const { url } = serve(healthy);
    await leave(url);
    expect(await connect({ dataDir: dir })).toEqual({ url, token: "secret", version: "9" });
  });

  test("without a discovery file there is no daemon", async () => {
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({
      code: "daemon_not_running",
      exitCode: 3,
    });
  });

  test("a discovery file that a killed daemon left behind means no daemon", async () => {
    await leave("http://127.0.0.1:1");
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({ code: "daemon_not_running" });
  });

  test("a port that another jamey has by now gets no token of the daemon that was killed", async () => {
    const { url, seen } = serve(healthy);
    const gone = new Deno.Command("true").spawn();
    await gone.status;
    await leave(url, 0o600, gone.pid);
    for (const options of [{ dataDir: dir }, { dataDir: dir, url }]) {
      await expect(connect(options)).rejects.toThrow();
    }
    expect(seen.filter((header) => header !== null)).toEqual([]);
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({ code: "daemon_not_running" });
  });

  test("a discovery file that is none is refused with its name", async () => {
    await Deno.writeTextFile(join(dir, "daemon.json"), '{"pid":');
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({
      code: "bad_config",
      message: expect.stringContaining(dir),
    });
  });
});

describe("the token", () => {
  test.skipIf(Deno.build.os === "windows").each([0o644, 0o640, 0o602])(
    "a token file that others can reach (mode %o) is refused with the way to mend it",
    async (mode) => {
      const { url, seen } = serve(healthy);
      await leave(url, mode);
      await expect(connect({ dataDir: dir })).rejects.toMatchObject({
        code: "unauthorized",
        exitCode: 41,
        hint: expect.stringContaining("chmod 600"),
      });
      expect(seen).toEqual([null]);
    },
  );

  test.skipIf(Deno.build.os === "windows")("a token file that is a link is refused", async () => {
    const { url } = serve(healthy);
    await leave(url);
    await Deno.rename(join(dir, "token"), join(dir, "real"));
    await Deno.symlink(join(dir, "real"), join(dir, "token"));
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining("not a plain file"),
    });
  });

  test("a program on the port that is not jamey never sees the token", async () => {
    const { url, seen } = serve(() => new Response("<html>hello</html>"));
    await leave(url);
    await expect(connect({ dataDir: dir })).rejects.toMatchObject({ code: "misdirected" });
    expect(seen).toEqual([null]);
  });

  test("another address than the daemon's own gets no token from the file", async () => {
    const own = serve(healthy);
    const other = serve(healthy);
    await leave(own.url);
    await expect(connect({ dataDir: dir, url: other.url })).rejects.toMatchObject({ code: "unauthorized" });
    expect(other.seen).toEqual([null]);
    expect(await connect({ dataDir: dir, url: other.url, token: "given" })).toMatchObject({ token: "given" });
  });

  test("a redirect does not take the token elsewhere", async () => {
    const other = serve(healthy);
    const own = serve(() => Response.redirect(`${other.url}/stolen`, 307));
    const asked = request({ url: own.url, token: "secret", version: "9" }, {
      path: "/tools",
      answer: z.unknown(),
    });
    await expect(asked).rejects.toMatchObject({ name: "Problem" });
    expect(other.seen).toEqual([]);
  });

  test("only this machine is a loopback address", () => {
    const own = ["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000", "http://127.9.9.9"];
    const foreign = [
      "http://127.0.0.1.example.com",
      "http://example.com",
      "http://0.0.0.0:1",
      "http://localhost.evil.org",
    ];
    expect(own.filter(isLoopback)).toEqual(own);
    expect(foreign.filter(isLoopback)).toEqual([]);
  });
});

describe("answers", () => {
  const ask = (url: string) =>
    request({ url, token: "t", version: "9" }, { path: "/x", answer: z.object({ a: z.number() }) });

  test("the daemon's error keeps its code, text and hint", async () => {
    const error = { code: "conflict", message: "Cannot do it: it is done", hint: "Look" };
    const { url } = serve(() => Response.json({ error }, { status: 409 }));
    await expect(ask(url)).rejects.toMatchObject(error);
  });

  test("an error of a later daemon keeps its meaning by its status", async () => {
    const { url } = serve(() =>
      Response.json({ error: { code: "brand_new", message: "m" } }, { status: 404 })
    );
    await expect(ask(url)).rejects.toMatchObject({ code: "not_found", message: "m" });
  });

  test("an answer of another form names what is wrong with it", async () => {
    const { url } = serve(() => Response.json({ a: "text" }));
    await expect(ask(url)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("a:"),
    });
  });
});
