// One request to one checked address, without cookies, credentials or proxies, and its body with a maximum.
import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { version } from "../../src/platform/version.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { portOf } from "./web_url.ts";

export const bodyBytesMax = 5 * 1024 * 1024;
const addressesTriedMax = 3;
const headerBytesMax = 64 * 1024;
export const userAgent = `jamey/${version}`;

export interface Answer {
  status: number;
  header(name: string): string;
  /** The decompressed body, at most `bytesMax` of it. Once. */
  read(bytesMax: number): Promise<{ bytes: Uint8Array; cut: boolean }>;
  /** Lets go of the connection. */
  close(): void;
}

export interface RequestOptions {
  /** Where to connect: tried one after the other. */
  addresses: readonly string[];
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** GET. The name stays in `Host`, and is what the certificate must be for; the connection goes to the address. */
export async function request(url: URL, options: RequestOptions): Promise<Answer> {
  let last: unknown;
  for (const address of options.addresses.slice(0, addressesTriedMax)) {
    options.signal.throwIfAborted();
    try {
      return await requestAt(address, url, options);
    } catch (thrown) {
      last = thrown;
    }
  }
  options.signal.throwIfAborted();
  throw new Problem("unavailable", `Cannot reach "${url.host}": ${messageOf(last)}`);
}

function requestAt(address: string, url: URL, options: RequestOptions): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const isSecure = url.protocol === "https:";
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const call = (isSecure ? https : http).request({
    host: address,
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    method: "GET",
    // A connection of its own: a pooled one could have been made for another name.
    agent: false,
    maxHeaderSize: headerBytesMax,
    ...(isSecure ? { servername: name } : {}),
    headers: {
      host: url.host,
      "user-agent": userAgent,
      accept:
        "text/html, text/markdown, text/plain, application/json, application/pdf, image/*;q=0.8, */*;q=0.5",
      "accept-encoding": "gzip, deflate, br",
      connection: "close",
      ...options.headers,
    },
  });
  const stop = () => call.destroy(new Error("stopped"));
  options.signal.addEventListener("abort", stop, { once: true });
  call.once("close", () => options.signal.removeEventListener("abort", stop));
  call.on("error", reject);
  call.on("response", (response) => resolve(answerOf(response, call, options.signal)));
  call.end();
  return promise;
}

function answerOf(response: http.IncomingMessage, call: http.ClientRequest, signal: AbortSignal): Answer {
  const close = () => {
    response.destroy();
    call.destroy();
  };
  // An answer that nobody reads may still break.
  response.on("error", () => {});
  return {
    status: response.statusCode ?? 0,
    header: (name) => String(response.headers[name] ?? ""),
    read: (bytesMax) => readBody(response, { bytesMax, signal }).finally(close),
    close,
  };
}

async function readBody(
  response: http.IncomingMessage,
  { bytesMax, signal }: { bytesMax: number; signal: AbortSignal },
): Promise<{ bytes: Uint8Array; cut: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ bytes: Uint8Array; cut: boolean }>();
  const pieces: Uint8Array[] = [];
  let [wire, size] = [0, 0];
  const stop = () => reject(signal.reason);
  const finish = (cut: boolean) => resolve({ bytes: joined(pieces, Math.min(size, bytesMax)), cut });
  signal.addEventListener("abort", stop, { once: true });
  const body = decoded(response, reject);
  response.on("data", (piece: Uint8Array) => {
    wire += piece.length;
    // An empty gzip file can be as long as one likes.
    if (wire > bytesMax) finish(true);
  });
  body.on("data", (piece: Uint8Array) => {
    if (size > bytesMax) return;
    pieces.push(piece);
    size += piece.length;
    if (size > bytesMax) finish(true);
  });
  body.on("error", reject);
  response.on("error", reject);
  response.on("close", () => response.complete || reject(new Error("the connection ended")));
  body.on("end", () => response.complete ? finish(false) : reject(new Error("the connection ended")));
  try {
    return await promise;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof Problem) throw thrown;
    throw new Problem(
      "unavailable",
      `Cannot read the answer: ${messageOf(thrown)} before it was whole, try again`,
    );
  } finally {
    signal.removeEventListener("abort", stop);
    if (body !== response) body.destroy();
  }
}

function decoded(response: http.IncomingMessage, reject: (thrown: unknown) => void): Readable {
  const encoding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return response;
  const decoders = {
    gzip: createGunzip,
    "x-gzip": createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const found = Object.entries(decoders).find(([name]) => name === encoding);
  if (found === undefined) {
    reject(
      new Problem("unavailable", `Cannot read the answer: it is encoded as "${encoding.slice(0, 100)}"`),
    );
    return response;
  }
  const decoder = found[1]();
  return response.pipe(decoder);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    const fitting = piece.subarray(0, size - at);
    bytes.set(fitting, at);
    at += fitting.length;
  }
  return bytes;
}
