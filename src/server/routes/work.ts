// Routes that make a session work: messages, tool calls, approvals, cancelling.
import { z } from "zod";
import {
  answerBody,
  approval,
  cancelBody,
  runToolBody,
  sendMessageBody,
  toolResult,
  turnResult,
} from "../../protocol/http.ts";
import { defineRoute, queryFlag } from "../route.ts";
import { withinWait } from "../wait.ts";

const accepted = z.object({ accepted: z.literal(true), seq: z.number().int() });

export const sendMessage = defineRoute({
  method: "POST",
  path: "/sessions/:id/messages",
  summary: "Send a message to the agent",
  query: z.strictObject({ wait: queryFlag().optional() }),
  body: sendMessageBody,
  takesUploads: true,
  answers: {
    202: {
      description: "On disk. The same `id` again is the same message",
      schema: accepted.extend({ message_id: z.string(), repeated: z.boolean().optional() }),
    },
    200: { description: "With `wait=true`: the turn has ended", schema: turnResult },
  },
  handle: async ({ query, body, session, carryOut, services }) => {
    const id = await session();
    const { seq, message_id, repeated } = await carryOut(id, { type: "message.send", ...body });
    if (message_id === undefined) throw new Error("the receipt of a message has no message_id");
    if (query.wait !== true) {
      return Response.json({ accepted: true, message_id, seq, ...(repeated ? { repeated } : {}) }, {
        status: 202,
      });
    }
    const result = await withinWait(
      services,
      (signal) => services.host.turn(id, message_id, signal),
    );
    return Response.json(result);
  },
});

export const cancelTurn = defineRoute({
  method: "POST",
  path: "/sessions/:id/cancel",
  summary: "Stop the turn and everything it started, or only one actor and what that one started",
  body: cancelBody,
  answers: { 202: { description: "Cancelling", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const { seq } = await carryOut(await session(), { type: "turn.cancel", ...body });
    return Response.json({ accepted: true, seq }, { status: 202 });
  },
});

export const runTool = defineRoute({
  method: "POST",
  path: "/sessions/:id/tools",
  summary: "Run a tool by hand, under the same rules and log as the agent",
  body: runToolBody,
  answers: { 200: { description: "The call has its result, good or bad", schema: toolResult } },
  handle: async ({ body, session, carryOut, services }) => {
    const id = await session();
    const { call_id } = await carryOut(id, { type: "tool.run", ...body });
    if (call_id === undefined) throw new Error("the receipt of a tool call has no call_id");
    const { name, output, success } = await withinWait(
      services,
      (signal) => services.host.call(id, call_id, signal),
    );
    return Response.json({ result: { id: call_id, name, output, success } });
  },
});

export const listApprovals = defineRoute({
  method: "GET",
  path: "/sessions/:id/approvals",
  summary: "Calls that wait for a person",
  answers: { 200: { description: "The oldest first", schema: z.object({ approvals: z.array(approval) }) } },
  handle: async ({ session, services }) =>
    Response.json({ approvals: await services.host.approvals(await session()) }),
});

export const answerApproval = defineRoute({
  method: "POST",
  path: "/sessions/:id/approvals/:call_id",
  summary: "Allow or reject a call; the first answer counts, a later one gets 409",
  body: answerBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, param, session, carryOut }) => {
    const call_id = param("call_id");
    const { seq } = await carryOut(await session(), { type: "call.answer", call_id, ...body });
    return Response.json({ accepted: true, seq });
  },
});
