import { afterEach, beforeEach, expect, test } from "vitest";
import { webTools } from "../../tools/web/web_tools.ts";
import { requestsPerMinuteMax } from "../../tools/web/rate_limit.ts";
import { pageCharsMax } from "../../tools/web/page_content.ts";
import type { ToolOutcome } from "../../tools/contract.ts";
import { version } from "../../src/platform/version.ts";
import { type Answering, pages, startWebServer, type WebServer } from "../support/web_server.ts";
import { pdfSaying, tinyPng } from "../support/web_files.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
const servers: WebServer[] = [];
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await space.remove();
});

async function serve(answer: Answering): Promise<WebServer> {
  const server = await startWebServer(answer);
  servers.push(server);
  return server;
}

function fetchTool(port: number, addresses: readonly string[] = ["127.0.0.1"]) {
  const [tool] = webTools({
    rules: { allow: (_address, at) => at === port, resolve: () => Promise.resolve([...addresses]) },
  });
  if (tool === undefined) throw new Error("there is no WebFetch");
  return tool;
}

async function fetchFrom(answer: Answering, path = "/"): Promise<ToolOutcome> {
  const server = await serve(answer);
  return await runTool(fetchTool(server.port), { url: `${server.origin}${path}` }, space.context());
}

test("a page is returned as Markdown: its text, headings, links and tables, without menus and scripts", async () => {
  const html =
    `<html><head><title>The &amp; Page</title><style>p{}</style></head><body><nav>menu</nav><h1>Hello</h1>
    <script>steal('</p>')</script><p>one <b>two</b> <a href="/next?a=1&amp;b=2">three</a><p>four
    <ul><li>x<li>y</ul><table><tr><th>A<th>B<tr><td>1<td>2</table><pre><code>a
  b</code></pre><footer>foot</footer></body></html>`;
  const server = await serve(pages({ "/": { type: "text/html; charset=utf-8", body: html } }));
  const text = textOf(await runTool(fetchTool(server.port), { url: server.origin }, space.context()));
  expect(text.split("The & Page").length).toBe(2);
  expect(text).toContain(`# Hello\n\none **two** [three](${server.origin}/next?a=1&b=2)\n\nfour`);
  expect(text).toMatch(/- +x\n- +y/);
  expect(text).toContain("|A | B |\n| --- | --- |\n|1 | 2 |");
  expect(text).toContain("a\n  b");
  for (const hidden of ["menu", "steal", "p{}", "foot"]) expect(text).not.toContain(hidden);
});

test("text, JSON and a page in another character set come as they are meant", async () => {
  const latin = new Uint8Array([...new TextEncoder().encode("<p>caf"), 0xe9]);
  const server = await serve(pages({
    "/t": { type: "text/plain", body: "<b>plain</b>" },
    "/j": { type: "application/json", body: '{"a": 1}' },
    "/l": { type: "text/html; charset=iso-8859-1", body: latin },
  }));
  const tool = fetchTool(server.port);
  const get = async (path: string) =>
    textOf(await runTool(tool, { url: server.origin + path }, space.context()));
  expect(await get("/t")).toBe(`${server.origin}/t\n\n<b>plain</b>`);
  expect(await get("/j")).toBe(`${server.origin}/j\n\n{"a": 1}`);
  expect(await get("/l")).toContain("café");
});

test("a picture comes as a picture and a PDF as its text", async () => {
  const server = await serve(pages({
    "/i": { type: "image/png", body: tinyPng },
    "/p": { type: "application/pdf", body: pdfSaying("Words in a PDF") },
    "/broken": { type: "application/pdf", body: "no PDF" },
  }));
  const tool = fetchTool(server.port);
  const image = await runTool(tool, { url: `${server.origin}/i` }, space.context());
  expect(image).toMatchObject({ status: "finished", images: [{ media_type: "image/png" }] });
  expect(textOf(await runTool(tool, { url: `${server.origin}/p` }, space.context()))).toContain(
    "Words in a PDF",
  );
  expect(await runTool(tool, { url: `${server.origin}/broken` }, space.context())).toMatchObject({
    status: "failed",
  });
});

test("what is neither text nor a picture nor a PDF is named with its size, and refused", async () => {
  const outcome = await fetchFrom(pages({ "/": { type: "application/zip", body: new Uint8Array(1234) } }));
  expect(textOf(outcome)).toMatch(/Cannot read .*: it is "application\/zip" of 1234 bytes/);
});

test("an error of the server is a failure that shows what it said", async () => {
  expect(await fetchFrom(pages({}))).toMatchObject({
    status: "failed",
    error: expect.stringContaining("the server answered 404"),
    output: "not here",
  });
});

test("the request carries the program's name, and no cookies or credentials", async () => {
  const server = await serve((_request, response) => {
    response.writeHead(302, { location: "/again", "set-cookie": "a=b" });
    response.end();
  });
  await runTool(fetchTool(server.port), { url: server.origin }, space.context());
  for (const headers of server.headers) {
    expect(headers["user-agent"]).toBe(`jamey/${version}`);
    expect([headers.cookie, headers.authorization, headers["proxy-authorization"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
  expect(server.requests.length).toBe(6);
});

test("the name stays in Host while the connection goes to the address that was checked", async () => {
  const server = await serve(pages({ "/": { type: "text/plain", body: "by name" } }));
  const url = `http://pinned.example:${server.port}/`;
  expect(textOf(await runTool(fetchTool(server.port), { url }, space.context()))).toContain("by name");
  expect(server.requests).toEqual([`GET / pinned.example:${server.port}`]);
});

test("a redirect on the same host is followed; one to another host is told, because nobody allowed that host", async () => {
  const server = await serve((request, response) => {
    const next: Record<string, string> = { "/a": "/b", "/c": "https://other.example/secret" };
    const location = next[request.url ?? ""];
    response.writeHead(location === undefined ? 200 : 302, {
      "content-type": "text/plain",
      ...location && { location },
    });
    response.end("arrived");
  });
  const tool = fetchTool(server.port);
  expect(textOf(await runTool(tool, { url: `${server.origin}/a` }, space.context()))).toBe(
    `${server.origin}/b\n\narrived`,
  );
  expect(textOf(await runTool(tool, { url: `${server.origin}/c` }, space.context()))).toContain(
    "redirects to another host; fetch it there if you want it: https://other.example/secret",
  );
});

test(`a host is asked at most ${requestsPerMinuteMax} times a minute`, async () => {
  const server = await serve(pages({ "/": { type: "text/plain", body: "x" } }));
  const tool = fetchTool(server.port);
  for (let turn = 0; turn < requestsPerMinuteMax; turn++) {
    expect(await runTool(tool, { url: server.origin }, space.context())).toMatchObject({
      status: "finished",
    });
  }
  expect(textOf(await runTool(tool, { url: server.origin }, space.context()))).toMatch(
    /asked 10 times in a minute, wait \d+ s/,
  );
  expect(server.requests.length).toBe(requestsPerMinuteMax);
});

test("a long page is cut in the middle and says so", async () => {
  const outcome = await fetchFrom(pages({ "/": { type: "text/plain", body: "x".repeat(pageCharsMax + 5) } }));
  expect(outcome).toMatchObject({ status: "finished", truncated: true });
  expect(textOf(outcome).length).toBeLessThan(pageCharsMax + 1_000);
});

test("a cancelled fetch is interrupted at once", async () => {
  const cancel = new AbortController();
  const server = await serve(() => cancel.abort());
  const outcome = await runTool(
    fetchTool(server.port),
    { url: server.origin },
    space.context({ signal: cancel.signal }),
  );
  expect(outcome).toEqual({ status: "interrupted", reason: "cancelled" });
});

test("a person is asked, allowing always covers the host only, and plan mode may fetch", () => {
  const [tool] = webTools();
  const parsed = tool?.parse({ url: "https://docs.example.com:8443/a?b" });
  if (!parsed?.ok) throw new Error("not parsed");
  expect(tool?.requiresConfirmation).toBe(true);
  expect(parsed.call.grant).toBe("WebFetch(domain:docs.example.com)");
  expect(parsed.call.allowedInPlan({ planFile: "", workspace: "" })).toBe(true);
});

test("compressed pages are read, either way", async () => {
  const { brotliCompressSync, gzipSync } = await import("node:zlib");
  const ways = { gzip: gzipSync, br: brotliCompressSync };
  for (const [name, compress] of Object.entries(ways)) {
    const outcome = await fetchFrom((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain", "content-encoding": name });
      response.end(compress(`by ${name}`));
    });
    expect(textOf(outcome)).toContain(`by ${name}`);
  }
});
