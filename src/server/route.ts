// What a route is: one entry of a table that the router and the OpenAPI document both read, so they cannot differ.
import type { Context } from "hono";
import { z } from "zod";
import type { Host } from "../../actors/host.ts";
import type { Command, Receipt } from "../protocol/commands.ts";
import type { JsonValue } from "../protocol/json.ts";
import { Problem } from "../protocol/problem.ts";
import { readJsonBody } from "./body.ts";
import { clientOf, user } from "./routes/user.ts";
import { describeIssues } from "./errors.ts";
import type { Report } from "./errors.ts";
import type { ServerLimits } from "./limits.ts";
import type { Places } from "./places.ts";

export type Method = "GET" | "POST" | "DELETE";

/** What the handlers work with, made once for an app. */
export interface Services {
  host: Host;
  version: string;
  startedAt: Date;
  limits: ServerLimits;
  report: Report;
  onShutdown: () => void;
  /** Aborted when the daemon stops: waits and streams end. */
  stopping: AbortSignal;
  /** WebSockets and event streams. */
  followers: Places;
  /** Requests that wait for the end of work. */
  waits: Places;
  openApi: () => JsonValue;
}

/** A request whose query and body fit their schemas. */
export interface RouteInput<Query, Body> {
  query: Query;
  body: Body;
  request: Request;
  /** Carries a command of the user's out, with the client that sent it. */
  carryOut(session: string, command: Command): Promise<Receipt>;
  /** A part of the path; throws a Problem `not_found` when it is absurdly long. */
  param(name: string): string;
  /** The full id for `:id`. Rejects with `not_found`, or `conflict` when several sessions fit. */
  session(): Promise<string>;
  services: Services;
}

export interface RouteDefinition<Query, Body> {
  method: Method;
  path: string;
  summary: string;
  /** No token needed. */
  open?: true;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** For bodies that carry pictures: more than the usual limit. */
  takesUploads?: true;
  /** The good answers by status; null for one that is not JSON. */
  answers: Readonly<Record<number, { description: string; schema: z.ZodType | null; type?: string }>>;
  handle(input: RouteInput<Query, Body>): Promise<Response> | Response;
}

/** A route with its types closed in. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly open: boolean;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly answers: RouteDefinition<unknown, unknown>["answers"];
  run(context: Context, services: Services): Promise<Response>;
}

const noQuery = z.strictObject({});

/** Makes a route: parses query and body before the handler sees anything. */
export function defineRoute<Query, Body>(definition: RouteDefinition<Query, Body>): Route {
  return {
    method: definition.method,
    path: definition.path,
    summary: definition.summary,
    open: definition.open ?? false,
    query: definition.query,
    body: definition.body,
    answers: definition.answers,
    async run(context, services) {
      const request = context.req.raw;
      const rawQuery = singleValues(new URL(request.url).searchParams);
      // A definition without a schema has no use for the value, so its type parameter stays unknown.
      const query = parse("the query", definition.query ?? noQuery, rawQuery) as Query;
      const rawBody = request.method === "GET" || request.method === "HEAD"
        ? undefined
        : await readJsonBody(request, bodyLimits(services.limits, definition.takesUploads ?? false));
      const body = parse("the body", definition.body ?? noQuery, rawBody ?? {}) as Body;
      const param = (name: string) => readParam(context, name, services.limits);
      const session = () => services.host.resolve(param("id"));
      const carryOut = (id: string, wanted: Command) =>
        services.host.command(id, wanted, user, clientOf(request.headers));
      return await definition.handle({ query, body, request, carryOut, param, session, services });
    },
  };
}

function bodyLimits(limits: ServerLimits, takesUploads: boolean): ServerLimits {
  return takesUploads ? { ...limits, bodyBytesMax: limits.uploadBytesMax } : limits;
}

function parse(what: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem("bad_request", `Cannot use ${what}: ${describeIssues(parsed.error)}`);
}

function singleValues(params: URLSearchParams): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of params) {
    if (values.has(name)) {
      throw new Problem(
        "bad_request",
        `Cannot use the query: ${JSON.stringify(name.slice(0, 100))} is given twice`,
      );
    }
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function readParam(context: Context, name: string, limits: ServerLimits): string {
  const value = context.req.param(name) ?? "";
  if (value === "" || value.length > limits.paramCharsMax) {
    throw new Problem(
      "not_found",
      `Cannot find "${value.slice(0, 40)}": nothing has a name of ${value.length} characters`,
    );
  }
  return value;
}

/** A whole number in a query. */
export function queryInteger(range: { min: number; max?: number }): z.ZodType<number> {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  return z.string().regex(/^[0-9]{1,15}$/, "must be a whole number").transform(Number)
    .pipe(z.number().int().min(min).max(max));
}

/** A yes or no in a query: `true`, `false`, `1`, `0`; empty means yes. */
export function queryFlag(): z.ZodType<boolean> {
  return z.enum(["true", "false", "1", "0", ""]).transform((text) => text !== "false" && text !== "0").pipe(
    z.boolean(),
  );
}
