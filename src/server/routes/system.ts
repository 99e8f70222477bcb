// Routes about the daemon itself.
import { z } from "zod";
import { toolSpec } from "../../protocol/conversation.ts";
import { commandView, expandCommandBody, health, modelView } from "../../protocol/http.ts";
import { jsonObject } from "../../protocol/json.ts";
import { healthAnswer, healthPath } from "../health.ts";
import { defineRoute } from "../route.ts";

export const getHealth = defineRoute({
  method: "GET",
  path: healthPath,
  summary: "Whether the daemon is well; needs no token",
  open: true,
  answers: { 200: { description: "It is", schema: health } },
  handle: ({ services }) =>
    healthAnswer({
      version: services.version,
      startedAt: services.startedAt,
      sessions: services.host.count(),
    }),
});

export const getTools = defineRoute({
  method: "GET",
  path: "/tools",
  summary:
    "The tools that agents have: everywhere, or in one folder as far as they are known; starts nothing",
  query: z.strictObject({ workspace: z.string().min(1).max(4096).optional() }),
  answers: {
    200: {
      description: "Name, description and JSON Schema of each",
      schema: z.object({ tools: z.array(toolSpec) }),
    },
  },
  handle: async ({ query, services }) => Response.json({ tools: await services.host.tools(query.workspace) }),
});

const workspaceQuery = z.strictObject({ workspace: z.string().min(1).max(4096) });

export const getCommands = defineRoute({
  method: "GET",
  path: "/commands",
  summary: "Slash commands and skills that a folder and the user have",
  query: workspaceQuery,
  answers: {
    200: { description: "By name", schema: z.object({ commands: z.array(commandView) }) },
  },
  handle: async ({ query, services }) =>
    Response.json({ commands: await services.host.commands(query.workspace) }),
});

export const expandCommand = defineRoute({
  method: "POST",
  path: "/commands/:name",
  summary: "The message that a slash command stands for, with its arguments put in",
  body: expandCommandBody,
  answers: { 200: { description: "To be sent as a message", schema: z.object({ text: z.string() }) } },
  handle: async ({ body, param, services }) =>
    Response.json({ text: await services.host.expandCommand(body.workspace, param("name"), body.args) }),
});

export const getModels = defineRoute({
  method: "GET",
  path: "/models",
  summary: "The configured providers and their models",
  answers: { 200: { description: "The default first", schema: z.object({ models: z.array(modelView) }) } },
  handle: ({ services }) => Response.json({ models: services.host.models() }),
});

export const getModelsOf = defineRoute({
  method: "GET",
  path: "/models/:provider",
  summary: "The models that the endpoint of a provider offers now",
  answers: { 200: { description: "Their names", schema: z.object({ models: z.array(z.string()) }) } },
  handle: async ({ param, services }) =>
    Response.json({ models: await services.host.modelsOf(param("provider")) }),
});

export const postShutdown = defineRoute({
  method: "POST",
  path: "/shutdown",
  summary: "Stop the daemon: running work is kept and goes on at the next start",
  answers: {
    202: { description: "It stops after this answer", schema: z.object({ accepted: z.literal(true) }) },
  },
  handle: ({ services }) => {
    // After the answer is on its way, since stopping ends connections.
    setTimeout(services.onShutdown, 0);
    return Response.json({ accepted: true }, { status: 202 });
  },
});

export const getOpenApi = defineRoute({
  method: "GET",
  path: "/openapi.json",
  summary: "This interface as an OpenAPI 3.1 document",
  answers: { 200: { description: "The document", schema: jsonObject } },
  handle: ({ services }) => Response.json(services.openApi()),
});
