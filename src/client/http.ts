// One HTTP request to the daemon, with its answer checked by a schema and every failure turned into a Problem.
import type { z } from "zod";
import { errorBody } from "../protocol/http.ts";
import { messageOf, Problem, type ProblemCode, problemCodes } from "../protocol/problem.ts";
import { type Connection, oneRequestEach } from "./connection.ts";

export interface Request<Answer> {
  method?: "GET" | "POST" | "DELETE";
  /** Path and query, from the root; parts that come from a user must be encoded already. */
  path: string;
  body?: unknown;
  answer: z.ZodType<Answer>;
  signal?: AbortSignal | undefined;
  /** How long to wait for the answer; the default suits everything that does not wait for a model. */
  waitMs?: number;
}

/** The daemon's own hint is for those who write requests. */
const tokenHint =
  "Set JAMEY_TOKEN to the token of that daemon, or unset it for a daemon of yours on this machine";
const answerWaitMs = 60_000;
const answerBytesMax = 256 * 1024 * 1024;

/** Throws a Problem with the daemon's own code, or `daemon_not_running` when it cannot be reached. */
export async function request<Answer>(connection: Connection, wanted: Request<Answer>): Promise<Answer> {
  const response = await send(connection, wanted);
  const text = await read(response, wanted.path);
  const value = parseJson(text);
  if (!response.ok) throw problemOf(response.status, value, wanted.path);
  const parsed = wanted.answer.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Problem(
    "internal",
    `Cannot understand the daemon's answer to "${wanted.path}": ` +
      `${issue?.path.join(".") || "the body"}: ${issue?.message ?? "unexpected form"}`,
    { hint: `The daemon is version ${connection.version}; restart it after an update: jamey restart` },
  );
}

async function send<Answer>(connection: Connection, wanted: Request<Answer>): Promise<Response> {
  const { method = "GET", path, body, signal, waitMs = answerWaitMs } = wanted;
  const limit = AbortSignal.timeout(waitMs);
  try {
    return await fetch(connection.url + path, {
      method,
      headers: {
        authorization: `Bearer ${connection.token}`,
        accept: "application/json",
        ...(connection.clientName === undefined ? {} : { "jamey-client": connection.clientName }),
        ...oneRequestEach,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      // A redirect could carry the token to another address.
      redirect: "error",
    });
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    if (limit.aborted) {
      throw new Problem(
        "unavailable",
        `Cannot get "${path}": the daemon did not answer in ${waitMs / 1000} s`,
        {
          hint: "Look at its log with: jamey logs",
        },
      );
    }
    throw lost(connection.url, thrown);
  }
}

async function read(response: Response, path: string): Promise<string> {
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > answerBytesMax) {
    await response.body?.cancel();
    throw new Problem("payload_too_large", `Cannot read "${path}": the answer has ${length} bytes`);
  }
  try {
    return await response.text();
  } catch (thrown) {
    throw lost(response.url, thrown);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(status: number, value: unknown, path: string): Problem {
  const parsed = errorBody.safeParse(value);
  if (!parsed.success) {
    return new Problem(codeOf(status), `Cannot get "${path}": the daemon answered with status ${status}`);
  }
  const { code: word, message, hint: given } = parsed.data.error;
  const code = isProblemCode(word) ? word : codeOf(status);
  const hint = code === "unauthorized" ? tokenHint : given;
  return new Problem(code, message, hint === undefined ? {} : { hint });
}

/** A code of a later daemon is unknown here; the status still says who must act. */
function codeOf(status: number): ProblemCode {
  const codes = Object.keys(problemCodes).filter(isProblemCode);
  return codes.find((code) => problemCodes[code].status === status) ??
    (status < 500 ? "bad_request" : "internal");
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemCodes, code);
}

function lost(url: string, thrown: unknown): Problem {
  return new Problem("daemon_not_running", `Lost the daemon at "${url}": ${messageOf(thrown)}`, {
    hint: "Look with: jamey status; start it again with: jamey start",
    cause: thrown,
  });
}
