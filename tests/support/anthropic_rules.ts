// The rules of the Messages API that a conversation must keep; the real one refuses the whole request, and a session that
// breaks one could never go on.
import { z } from "zod";

const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().optional(),
  cache_control: z.object({ type: z.literal("ephemeral") }).optional(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))])
    .optional(),
});
export const wireBody = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.number().int().positive(),
  system: z.array(block).min(1).optional(),
  tools: z.array(z.looseObject({
    name: z.string(),
    input_schema: z.looseObject({ type: z.literal("object") }),
  })).min(1).optional(),
  thinking: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("adaptive"), display: z.literal("summarized") }),
    z.strictObject({ type: z.literal("enabled"), budget_tokens: z.number().int().min(1024) }),
  ]).optional(),
  messages: z.array(z.strictObject({
    role: z.enum(["user", "assistant"]),
    content: z.array(block).min(1),
  })).min(1),
  stream: z.literal(true),
});
export type WireBody = z.infer<typeof wireBody>;
type Block = z.infer<typeof block>;

/** The most marks for the prompt cache. */
const marksMax = 4;
const safe = /^[a-zA-Z0-9_-]{1,128}$/;

/** What is wrong with a request; empty when the API would take it. */
export function findFaults(sent: unknown): string[] {
  const parsed = wireBody.safeParse(sent);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `"${path.join(".")}": ${message}`);
  }
  const body = parsed.data;
  const blocks = body.messages.flatMap(({ content }) => content);
  const marks = JSON.stringify(body).split('"cache_control"').length - 1;
  const { thinking } = body;
  return [
    ...(marks > marksMax ? [`${marks} cache marks`] : []),
    ...(thinking?.type === "enabled" && thinking.budget_tokens >= body.max_tokens
      ? ["no room for an answer"]
      : []),
    ...[...body.system ?? [], ...blocks].flatMap(faultsOfBlock),
    ...(body.tools ?? []).filter(({ name }) => !safe.test(name)).map(({ name }) => `tool name "${name}"`),
    ...faultsOfOrder(body.messages),
  ];
}

function faultsOfBlock(one: Block): string[] {
  const nested = Array.isArray(one.content) ? one.content : [];
  const blank = [one, ...nested].some(({ type, text }) => type === "text" && (text ?? "").trim() === "");
  return [
    ...(blank ? ["a blank text block"] : []),
    ...(one.content === "" ? ["an empty result"] : []),
    ...(one.is_error && nested.some(({ type }) => type !== "text") ? ["an error with more than text"] : []),
    ...(one.cache_control && one.type.includes("thinking") ? ["a cache mark on thinking"] : []),
    ...[one.id, one.name, one.tool_use_id].filter((name) => name !== undefined && !safe.test(name)).map((
      name,
    ) => `name "${name}"`),
  ];
}

function faultsOfOrder(messages: WireBody["messages"]): string[] {
  const found: string[] = [];
  if (messages[0]?.role !== "user") found.push("it does not begin with the user");
  if (messages.at(-1)?.role !== "user") found.push("it does not end with the user");
  let open = new Set<string>();
  messages.forEach(({ role, content }, at) => {
    if (messages[at - 1]?.role === role) found.push(`two ${role} messages at ${at}`);
    const results = content.filter(({ type }) => type === "tool_result");
    if (content.slice(0, results.length).some(({ type }) => type !== "tool_result")) {
      found.push(`results behind other blocks at ${at}`);
    }
    for (const { tool_use_id } of results) {
      if (!open.delete(tool_use_id ?? "")) found.push(`result "${tool_use_id}" at ${at} has no open call`);
    }
    for (const id of open) found.push(`call "${id}" has no result at ${at}`);
    open = new Set(content.flatMap(({ type, id }) => type === "tool_use" && id !== undefined ? [id] : []));
  });
  for (const id of open) found.push(`call "${id}" has no result at the end`);
  return found;
}
