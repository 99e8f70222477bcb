import { afterEach, beforeEach, expect, test } from "vitest";
import { resultsMax } from "../../tools/web/web_search.ts";
import { webTools } from "../../tools/web/web_tools.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { ToolOutcome } from "../../tools/contract.ts";
import { type Answering, startWebServer, type WebServer } from "../support/web_server.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let engine: WebServer;
let answer: Answering;
beforeEach(async () => {
  space = await makeWorkspace();
  answer = (_request, response) => response.end(JSON.stringify({ results }));
  engine = await startWebServer((request, response) => answer(request, response));
});
afterEach(async () => {
  await engine.close();
  await space.remove();
});

const results = Array.from({ length: 30 }, (_, index) => ({
  title: `<b>Result</b> ${index}`,
  url: `https://${index % 2 === 0 ? "docs.example.com" : "other.example"}/${index}`,
  content: `about\n number \u001b[31m${index}`,
}));

async function search(args: JsonObject, searchUrl: string | undefined = engine.origin): Promise<ToolOutcome> {
  const tool = webTools({ searchUrl, searchKey: "key-1" }).find(({ name }) => name === "WebSearch");
  if (tool === undefined) throw new Error("there is no WebSearch");
  return await runTool(tool, args, space.context());
}

test("results are listed with title, address and excerpt, from the user's engine on the same machine", async () => {
  const outcome = await search({ query: "a b & c" });
  expect(engine.requests).toEqual([`GET /search?q=a+b+%26+c&format=json 127.0.0.1:${engine.port}`]);
  expect(engine.headers[0]?.authorization).toBe("Bearer key-1");
  expect(textOf(outcome).split("\n").slice(0, 3)).toEqual([
    "1. Result 0",
    "   https://docs.example.com/0",
    "   about number 0",
  ]);
  expect(textOf(outcome)).toContain("8. Result 7");
  expect(textOf(outcome)).not.toContain("9. Result 8");
});

test("an engine can be named by a whole address with {query} in it", async () => {
  answer = (_request, response) =>
    response.end(
      JSON.stringify({ web: { results: [{ title: "T", url: "https://x.example/", description: "D" }] } }),
    );
  expect(textOf(await search({ query: "a/b" }, `${engine.origin}/api?text={query}&n=5`))).toContain("1. T\n");
  expect(engine.requests[0]).toContain("GET /api?text=a%2Fb&n=5");
});

test("domains are kept or left out, with those below them", async () => {
  const only = textOf(
    await search({ query: "x", allowed_domains: ["example.com"], max_results: resultsMax }),
  );
  expect(only).toContain("docs.example.com");
  expect(only).not.toContain("other.example/");
  const without = textOf(
    await search({ query: "x", blocked_domains: ["*.example.com"], max_results: resultsMax }),
  );
  expect(without).not.toContain("docs.example.com");
  const more = await search({ query: "x", max_results: resultsMax + 1 });
  expect(textOf(more)).toContain('"max_results" is wrong');
});

test("without an engine the message says where to set one", async () => {
  const tool = webTools().find(({ name }) => name === "WebSearch");
  const outcome = tool && await runTool(tool, { query: "x" }, space.context());
  expect(outcome).toMatchObject({
    status: "failed",
    error: expect.stringContaining("set web.search_url in runtime.toml"),
  });
});

test("an engine that refuses, redirects away or does not answer in JSON is a failure that says what to do", async () => {
  answer = (_request, response) => response.writeHead(403).end();
  expect(textOf(await search({ query: "x" }))).toContain("the engine answered 403; a SearXNG must have json");
  answer = (_request, response) => response.writeHead(302, { location: "https://login.example/" }).end();
  expect(textOf(await search({ query: "x" }))).toContain("redirects to another host");
  for (const body of ["<html>", "[]", '{"results": 1}', `{"results": [${"1,".repeat(3_000_000)}1]}`]) {
    answer = (_request, response) => response.end(body);
    expect(textOf(await search({ query: "x" }))).toContain("not a list of results in JSON");
  }
});

test("results that are no web address are dropped, and nothing found is said", async () => {
  const urls = ["javascript:alert(1)", "file:///etc/passwd", "", null, 7];
  answer = (_request, response) =>
    response.end(JSON.stringify({ results: [...urls.map((url) => ({ url })), null] }));
  expect(textOf(await search({ query: "nothing" }))).toBe('Nothing found for "nothing"');
});
