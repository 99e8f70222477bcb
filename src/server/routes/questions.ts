// Routes by which a person answers: an agent's questions, and limits that were met.
import { z } from "zod";
import { answerBudgetBody } from "../../protocol/budget_views.ts";
import { answerQuestionBody, pendingQuestion } from "../../protocol/http.ts";
import { defineRoute } from "../route.ts";

const accepted = z.object({ accepted: z.literal(true), seq: z.number().int() });

export const listQuestions = defineRoute({
  method: "GET",
  path: "/sessions/:id/questions",
  summary: "Questions that wait for a person",
  answers: {
    200: { description: "The oldest first", schema: z.object({ questions: z.array(pendingQuestion) }) },
  },
  handle: async ({ session, services }) => {
    const { state } = await services.host.view(await session());
    return Response.json({ questions: state.questions });
  },
});

export const answerQuestion = defineRoute({
  method: "POST",
  path: "/sessions/:id/questions/:call_id",
  summary: "Answer the questions of a call; the first answer counts, a later one gets 409",
  body: answerQuestionBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, param, session, carryOut }) => {
    const call_id = param("call_id");
    const command = { type: "question.answer", call_id, ...body } as const;
    const { seq } = await carryOut(await session(), command);
    return Response.json({ accepted: true, seq });
  },
});

export const answerBudget = defineRoute({
  method: "POST",
  path: "/sessions/:id/budget",
  summary: "Let agents that met a limit go on, or end their turns",
  body: answerBudgetBody,
  answers: { 200: { description: "On disk", schema: accepted } },
  handle: async ({ body, session, carryOut }) => {
    const command = { type: "budget.answer", ...body } as const;
    const { seq } = await carryOut(await session(), command);
    return Response.json({ accepted: true, seq });
  },
});
