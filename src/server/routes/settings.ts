// Routes that change how a session works: its mode, its model, its context, its background tasks.
import { z } from "zod";
import { sessionRules } from "../../protocol/commands.ts";
import { compactBody, setModeBody, setModelBody } from "../../protocol/http.ts";
import { defineRoute } from "../route.ts";

const accepted = z.object({ accepted: z.literal(true), seq: z.number().int() });

export const setMode = defineRoute({
  method: "POST",
  path: "/sessions/:id/mode",
  summary: "Set the permission mode",
  body: setModeBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "session.set_mode", ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const setRules = defineRoute({
  method: "POST",
  path: "/sessions/:id/rules",
  summary: "Set the permission rules of this session only; they replace those given before",
  body: sessionRules,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "session.set_rules", ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const setModel = defineRoute({
  method: "POST",
  path: "/sessions/:id/model",
  summary: "Set the model, as NAME or PROVIDER/NAME, from the next model call on",
  body: setModelBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "session.set_model", ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const compactSession = defineRoute({
  method: "POST",
  path: "/sessions/:id/compact",
  summary: "Replace the past by a summary before the next model call; the log keeps all of it",
  body: compactBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "session.compact", ...body });
    return Response.json({ accepted: true, seq });
  },
});

export const endBackground = defineRoute({
  method: "DELETE",
  path: "/sessions/:id/background/:background_id",
  summary: "End a background task",
  answers: { 200: { description: "It has ended, and its end is on disk", schema: accepted } },
  handle: async ({ param, session, carryOut }) => {
    const command = { type: "background.end", background_id: param("background_id") } as const;
    const { seq } = await carryOut(await session(), command);
    return Response.json({ accepted: true, seq });
  },
});
