// Commands: requests of a client that a session may refuse.
import { z } from "zod";
import { approvalDecision, delivery, permissionMode } from "./facts.ts";
import { jsonObject } from "./json.ts";
import { givenImage, messageImagesMax } from "./model_parts.ts";
import { teamSpec } from "./team_spec.ts";
import { questionAnswer } from "./work_facts.ts";
import { workflowCommands } from "./workflow_views.ts";

export const messageTextMax = 1_000_000;
export const idPattern = /^[A-Za-z0-9_.:-]{1,128}$/;
const clientId = z.string().regex(idPattern, "must be 1 to 128 letters, digits or _ . : -");
/** A name that can be typed and shown on one line, and that means this session. */
export const sessionName = z.string().max(200, "must have at most 200 characters")
  .refine((name) => name.trim() !== "", "must not be blank")
  .refine((name) => !/\p{Cc}/u.test(name), "must be one line without control characters")
  .refine((name) => name !== "last", 'must not be "last", which always means the session used last');

/** The path of an actor, or the name of an agent that lives: with "@" or without. */
export const actorName = z.string().min(1).max(500);

export const sessionRulesMax = 256;
const ruleTexts = z.array(z.string().min(1).max(32_000)).max(sessionRulesMax);
export const sessionRules = z.strictObject({
  allow: ruleTexts.default([]),
  ask: ruleTexts.optional(),
  deny: ruleTexts.default([]),
});

export const command = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("message.send"),
    message: z.string().min(1).max(messageTextMax),
    id: clientId.optional(),
    delivery: delivery.default("steer"),
    /** Model calls of the turn that this message begins; one that steers a running turn has none of its own. */
    max_steps: z.number().int().min(1).max(10_000).optional(),
    images: z.array(givenImage).max(messageImagesMax).optional(),
    to: actorName.optional(),
  }),
  /** `actor`: that agent, team or workflow and all below it; left out: the main agent's turn. */
  z.strictObject({ type: z.literal("turn.cancel"), actor: actorName.optional() }),
  z.strictObject({
    type: z.literal("call.answer"),
    call_id: z.string().min(1).max(128),
    decision: approvalDecision,
    reason: z.string().max(10_000).optional(),
    /** When given, must be the digest of `call.approval_requested`: proves what the person was shown. */
    digest: z.string().max(128).optional(),
  }),
  z.strictObject({
    type: z.literal("tool.run"),
    tool_call: z.strictObject({ name: z.string().min(1).max(128), args: jsonObject }),
    id: clientId.optional(),
  }),
  z.strictObject({ type: z.literal("session.rename"), name: sessionName }),
  z.strictObject({
    type: z.literal("question.answer"),
    call_id: z.string().min(1).max(128),
    answers: z.array(questionAnswer).min(1).max(8),
  }),
  /** What a session that met a limit is to do: go on, or end its turn. */
  z.strictObject({
    type: z.literal("budget.answer"),
    decision: z.enum(["continue", "stop"]),
    /** Left out: all that wait at a limit. */
    actor: actorName.optional(),
  }),
  z.strictObject({ type: z.literal("session.set_mode"), permission_mode: permissionMode }),
  /** Permission rules of this session only; they replace those given before. */
  z.strictObject({ type: z.literal("session.set_rules"), ...sessionRules.shape }),
  /** `NAME` or `PROVIDER/NAME`, from the next model call on. */
  z.strictObject({ type: z.literal("session.set_model"), model: z.string().min(1).max(200) }),
  /** The past becomes a summary before the next model call. */
  z.strictObject({ type: z.literal("session.compact"), instructions: z.string().max(10_000).optional() }),
  z.strictObject({ type: z.literal("background.end"), background_id: z.string().min(1).max(128) }),
  z.strictObject({ type: z.literal("team.start"), spec: teamSpec, id: clientId.optional() }),
  ...workflowCommands,
]);
export type Command = z.infer<typeof command>;

/** The answer to an accepted command: the fact is on disk. */
export const receipt = z.object({
  seq: z.number().int(),
  message_id: z.string().optional(),
  call_id: z.string().optional(),
  /** The id of the workflow that was started. */
  workflow: z.string().optional(),
  /** The path of the team that was started. */
  team: z.string().optional(),
  /** True when the same id had been accepted before; `seq` is then that of the first. */
  repeated: z.boolean().optional(),
});
export type Receipt = z.infer<typeof receipt>;
