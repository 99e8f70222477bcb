// The OpenAPI document, made from the table of routes and the schemas that check the real requests.
import { z } from "zod";
import type { JsonObject, JsonValue } from "../protocol/json.ts";
import { errorBody } from "../protocol/http.ts";
import type { Route } from "./route.ts";

/** An OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly Route[], version: string): JsonObject {
  const schemas: JsonObject = {};
  const toSchema = schemaMaker(schemas);
  schemas.Error = toSchema(errorBody, "Error", "output");
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z_]+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, toSchema) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "jamey", version, description: "Sessions of AI agents: every one an event log" },
    paths,
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
  };
}

type ToSchema = (schema: z.ZodType, name: string, io: "input" | "output") => JsonObject;

function operation(route: Route, toSchema: ToSchema): JsonObject {
  const name = operationName(route);
  const answers: JsonObject = {};
  for (const [status, answer] of Object.entries(route.answers)) {
    const schema = answer.schema === null ? null : toSchema(answer.schema, `${name}${status}`, "output");
    const content: JsonObject = schema === null ? {} : { "application/json": { schema } };
    if (answer.type !== undefined) content[answer.type] = { schema: { type: "string" } };
    answers[status] = { description: answer.description, ...(schema === null ? {} : { content }) };
  }
  const error = { description: "An error", content: json({ $ref: "#/components/schemas/Error" }) };
  return {
    operationId: name,
    summary: route.summary,
    parameters: [...pathParameters(route), ...queryParameters(route, toSchema)],
    ...(route.body === undefined
      ? {}
      : { requestBody: requestBody(route.body, toSchema(route.body, `${name}Body`, "input")) }),
    responses: { ...answers, "4XX": error, "5XX": error },
    ...(route.open ? { security: [] } : {}),
  };
}

function json(schema: JsonObject): JsonObject {
  return { "application/json": { schema } };
}

function requestBody(body: z.ZodType, schema: JsonObject): JsonObject {
  return { required: !body.safeParse({}).success, content: json(schema) };
}

/** `POST /sessions/:id/messages` is `post_sessions_id_messages`. */
function operationName(route: Route): string {
  return `${route.method.toLowerCase()}${route.path.replace(/[^a-z_]+/g, "_")}`;
}

function pathParameters(route: Route): JsonObject[] {
  return [...route.path.matchAll(/:([a-z_]+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    ...(name === "id" ? { description: "Id of a session, a unique prefix of it, its name, or `last`" } : {}),
  }));
}

function queryParameters(route: Route, toSchema: ToSchema): JsonObject[] {
  if (route.query === undefined) return [];
  // Output, since the text of a query stands for the number or flag that it is turned into.
  const { properties } = toSchema(route.query, "query", "output");
  return Object.entries(isObject(properties) ? properties : {})
    .map(([name, schema]) => ({ name, in: "query", required: false, schema }));
}

/** Schemas that refer to themselves bring definitions along; these move to the components, under names of their own. */
function schemaMaker(components: JsonObject): ToSchema {
  return (schema, name, io) => {
    const made: unknown = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
    const { $schema: _, $defs: definitions, ...rest } = asJson(made);
    const own = (value: JsonValue): JsonValue =>
      mapRefs(value, (ref) => ref.replace("#/$defs/", `#/components/schemas/${name}_`));
    for (const [key, definition] of Object.entries(isObject(definitions) ? definitions : {})) {
      components[`${name}_${key}`] = own(definition);
    }
    return asJson(own(rest));
  };
}

function mapRefs(value: JsonValue, map: (ref: string) => string): JsonValue {
  if (Array.isArray(value)) return value.map((item) => mapRefs(item, map));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      key === "$ref" && typeof child === "string" ? map(child) : mapRefs(child, map),
    ]),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Through text: what comes out is JSON and nothing else. */
function asJson(value: unknown): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  if (!isObject(plain)) throw new Error("a schema is not an object");
  return plain;
}
