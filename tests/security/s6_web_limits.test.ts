// S6: answers that have no end, swell, stall or hang a parser are cut at a stated size and time.
import { deflateSync, gzipSync } from "node:zlib";
import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ToolOutcome } from "../../tools/contract.ts";
import { streamBytesMax } from "../../tools/pdf_streams.ts";
import { fetchTimeoutMs, redirectsMax } from "../../tools/web/fetch_page.ts";
import { bodyBytesMax } from "../../tools/web/request.ts";
import { blanksMax, cleanHtml, depthMax, indentsMax, tagsMax } from "../../tools/web/clean_html.ts";
import { toMarkdown } from "../../tools/web/markdown.ts";
import { webTools } from "../../tools/web/web_tools.ts";
import { tally } from "../support/tally.ts";
import { startWebServer } from "../support/web_server.ts";
import { pdfFile } from "../tools/pdf_file.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "../tools/workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

async function fetchAt(port: number): Promise<ToolOutcome> {
  const [tool] = webTools({ rules: { allow: (_address, at) => at === port } });
  if (tool === undefined) throw new Error("there is no WebFetch");
  return await runTool(tool, { url: `http://127.0.0.1:${port}/` }, space.context());
}

/** A server below HTTP: for answers that no decent server gives. `written` counts what left. */
async function rawAnswer(
  answer: (socket: Socket) => void,
): Promise<{ outcome: ToolOutcome; written: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  const outcome = await fetchAt(typeof at === "object" && at !== null ? at.port : 0);
  const written = sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
  for (const socket of sockets) socket.destroy();
  server.close();
  return { outcome, written };
}

/** Writes the piece again and again, at the reader's pace. */
function pour(socket: Socket, piece: Uint8Array, times: number): void {
  let left = times;
  const more = () => {
    while (left-- > 0 && !socket.destroyed) if (!socket.write(piece)) return;
    socket.end();
  };
  socket.on("drain", more);
  more();
}

/** An answer that went beyond its limit has escaped. */
function count(what: string, isCut: readonly boolean[]): void {
  const [tried, refused] = [isCut.length, isCut.filter(Boolean).length];
  tally({ family: "S6", what, tried, refused, escapes: tried - refused });
  expect(refused).toBe(tried);
}

const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`;

test("of a body of 1 GB only the beginning is read", async () => {
  const piece = new Uint8Array(1024 * 1024).fill(97);
  const { outcome, written } = await rawAnswer((socket) => {
    socket.write(head("content-type: text/plain\r\ncontent-length: 1073741824"));
    pour(socket, piece, 1024);
  });
  expect(outcome).toMatchObject({ status: "finished", truncated: true });
  count("a body of 1 GB", [written < 16 * bodyBytesMax]);
});

test("a gzip bomb is stopped at the same size, counted when unpacked", async () => {
  const bomb = gzipSync(new Uint8Array(256 * 1024 * 1024), { level: 9 });
  const server = await startWebServer((_request, response) => {
    response.writeHead(200, { "content-type": "image/png", "content-encoding": "gzip" }).end(bomb);
  });
  const outcome = await fetchAt(server.port);
  await server.close();
  count("a gzip bomb", [textOf(outcome).includes(`more than ${bodyBytesMax} bytes, too large`)]);
});

test("empty gzip parts without end are stopped by their packed size", async () => {
  const empty = new Uint8Array(gzipSync(""));
  const many = new Uint8Array(empty.length * 50_000);
  for (let index = 0; index < 50_000; index++) many.set(empty, index * empty.length);
  const { outcome, written } = await rawAnswer((socket) => {
    socket.write(head("content-type: text/plain\r\ncontent-encoding: gzip"));
    pour(socket, many, 200);
  });
  expect(["finished", "failed"]).toContain(outcome.status);
  count("empty gzip parts without end", [written < 16 * bodyBytesMax]);
});

test("a server of one byte a second, and one that never answers, are left at the time limit", async () => {
  const drip = rawAnswer((socket) => {
    socket.write(head("content-type: text/plain\r\ncontent-length: 100000"));
    const timer = setInterval(() => socket.write("x"), 1000);
    socket.on("close", () => clearInterval(timer));
  });
  const silent = rawAnswer(() => {});
  const said = (await Promise.all([drip, silent])).map(({ outcome }) => textOf(outcome));
  count(
    "servers that stall",
    said.map((words) => words.includes(`it took longer than ${fetchTimeoutMs} ms`)),
  );
});

test("endless redirects end", async () => {
  const server = await startWebServer((request, response) => {
    response.writeHead(302, { location: `${request.url}x` }).end();
  });
  const outcome = await fetchAt(server.port);
  await server.close();
  expect(textOf(outcome)).toContain(`redirects more than ${redirectsMax} times`);
  count("redirects without end", [server.requests.length === redirectsMax + 1]);
});

test("an answer that is shorter than it says is a failure, not a page", async () => {
  const { outcome } = await rawAnswer((socket) => {
    socket.end(`${head("content-type: text/plain\r\ncontent-length: 1000")}short`);
  });
  count("an answer shorter than it says", [textOf(outcome).includes("before it was whole")]);
  expect(outcome.status).toBe("failed");
});

test("broken compression, endless headers and no HTTP at all are failures", async () => {
  const answers: Record<string, (socket: Socket) => void> = {
    gzip: (socket) =>
      socket.end(
        `${head("content-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: 8")}notgzip!`,
      ),
    unknown: (socket) =>
      socket.end(`${head("content-type: text/plain\r\ncontent-encoding: zip9\r\ncontent-length: 1")}x`),
    headers: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      pour(socket, new TextEncoder().encode(`x-filler: ${"y".repeat(1000)}\r\n`), 20_000);
    },
    noise: (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"),
    gone: (socket) => socket.destroy(),
  };
  const isFailed: boolean[] = [];
  for (const [name, answer] of Object.entries(answers)) {
    const { outcome } = await rawAnswer(answer);
    expect(outcome, name).toMatchObject({ status: "failed" });
    isFailed.push(outcome.status === "failed");
  }
  count("broken answers", isFailed);
});

test("pages made to hang a parser are cut: by length, by tags, by depth", async () => {
  const tenMegabytes = 10 * 1024 * 1024;
  const hostile: Record<string, string> = {
    "one line": "<p>x".repeat(tenMegabytes / 4),
    "one word": "a".repeat(tenMegabytes),
    "open formatting": "<b id=1>".repeat(50_000) + "<p>x".repeat(500_000),
    "open quotes": '<a href="'.repeat(500_000),
    "open tags": "<a ".repeat(tenMegabytes / 3),
    "open comments": "<!--".repeat(tenMegabytes / 4),
    "tables in tables": "<table><tr><td>".repeat(50_000),
    "lists in lists": "<ul><li>x".repeat(50_000),
    "text in tables": `<table>${"<tr>x".repeat(100_000)}`,
    "boxes in boxes": "<div>".repeat(100_000),
    "lines in lists in lists": `${"<ul><li>".repeat(100)}<pre>${"x\n".repeat(100_000)}`,
    "an empty space in a list": `<ul><li><pre>a${"\n".repeat(100_000)}x`,
    "an empty space of entities": `<blockquote><pre>a${"&#10;&#x0A;&NewLine;".repeat(10_000)}x`,
    "an empty space between tags": `<ul><li><pre>a${"\n<x>\n<b></b>".repeat(10_000)}x`,
  };
  const isCut: boolean[] = [];
  for (const [name, html] of Object.entries(hostile)) {
    await toMarkdown(html, null);
    const { html: clean } = cleanHtml(html, null);
    isCut.push(clean.length < 700_000);
    expect(clean.length, name).toBeLessThan(700_000);
    expect((clean.match(/<\w/g) ?? []).length, name).toBeLessThanOrEqual(tagsMax + 1);
    expect(depthOf(clean), name).toBeLessThanOrEqual(depthMax);
    expect((clean.match(/<(?:ul|ol|blockquote)\b/g) ?? []).length, name).toBeLessThanOrEqual(indentsMax);
    expect(longestEmpty(clean), name).toBeLessThanOrEqual(blanksMax);
  }
  count("pages made to hang a parser", isCut);
});

/** The longest row of line ends that the converter is given, entities among them, over tags without a text. */
function longestEmpty(html: string): number {
  const text = html.replace(/<[^>]*>/g, "").replace(/&(?:#10|#x0A|NewLine);/g, "\n");
  return Math.max(0, ...[...text.matchAll(/\n+/g)].map(([row]) => row.length));
}

test("lists beyond the deepest level become part of the last one, and what follows stays where it was", async () => {
  const levels = indentsMax + 3;
  const html = Array.from({ length: levels }, (_, level) => `<ul><li>level ${level}`).join("") +
    `${"</li></ul>".repeat(levels - 2)}<li>second</li></ul></li><li>back at the top</li></ul><p>after</p>`;
  const { markdown } = await toMarkdown(html, null);
  const indentOf = (text: string) =>
    /^( *)/.exec(markdown.split("\n").find((line) => line.includes(text)) ?? "")?.[0].length;
  expect(indentOf(`level ${indentsMax - 1}`)).toBe(4 * (indentsMax - 1));
  expect(indentOf(`level ${levels - 1}`)).toBe(4 * (indentsMax - 1));
  expect(indentOf("second")).toBe(4);
  expect(indentOf("back at the top")).toBe(0);
  expect(markdown.endsWith("\n\nafter")).toBe(true);
});

function depthOf(html: string): number {
  let [depth, deepest] = [0, 0];
  for (const [tag] of html.matchAll(/<\/?\w+/g)) {
    if (/^<(br|hr|img)$/.test(tag)) continue;
    depth += tag.startsWith("</") ? -1 : 1;
    deepest = Math.max(deepest, depth);
  }
  expect(depth).toBe(0);
  return deepest;
}

test("a PDF made to swell is refused before it does", async () => {
  const bytes = deflateSync(new Uint8Array(streamBytesMax + 1));
  const bomb = pdfFile(["x"], { stream: { dictionary: "/Filter /FlateDecode", bytes } });
  const { outcome } = await rawAnswer((socket) => {
    socket.write(head(`content-type: application/pdf\r\ncontent-length: ${bomb.length}`));
    socket.end(bomb);
  });
  const refusal = /^Cannot read "http:.*": its compressed streams become too large/;
  count("a PDF made to swell", [refusal.test(textOf(outcome))]);
});
