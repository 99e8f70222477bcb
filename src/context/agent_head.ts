// The head of an agent's definition: the names that users of such tools write, as one checked form.
import { z } from "zod";
import type { AgentDefinitionView } from "../protocol/agent_views.ts";
import type { JsonObject } from "../protocol/json.ts";
import { permissionMode } from "../protocol/permission_mode.ts";
import { budgetOf, writtenBudget } from "../protocol/written_budget.ts";
import { headFault } from "./headed_file.ts";

const toolsMax = 256;
const toolName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,127}$/);

/** `Read, Grep` or a list. `*` is every tool there is, which is what an empty place says too. */
const tools = z.union([z.string().transform((text) => text.split(",")), z.array(z.string())])
  .transform((names) => names.map((name) => name.trim()).filter((name) => name !== ""))
  // What others call the tool that starts agents.
  .transform((names) => names.map((name) => name === "Task" ? "Agent" : name))
  .pipe(z.array(z.union([z.literal("*"), toolName])).max(toolsMax));

const turns = z.number().int().min(1).max(10_000);

/** Other keys (colours, hooks, servers) have no effect: a definition can take away, and give nothing. */
const settings = z.object({
  name: z.string().regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 letters, digits, "-" and "_", a letter or digit first',
  ),
  description: z.string().trim().min(1, "is empty").max(4_096, "has more than 4096 characters"),
  tools: tools.nullish(),
  disallowedTools: tools.nullish(),
  disallowed_tools: tools.nullish(),
  model: z.string().trim().min(1).max(200).nullish(),
  permissionMode: permissionMode.nullish(),
  permission_mode: permissionMode.nullish(),
  isolation: z.literal("worktree").nullish(),
  background: z.boolean().nullish(),
  maxTurns: turns.nullish(),
  max_turns: turns.nullish(),
  budget: writtenBudget.nullish(),
});

export type AgentHead = Omit<AgentDefinitionView, "source" | "path">;

export function readAgentHead(
  head: JsonObject,
): { ok: true; settings: AgentHead } | { ok: false; why: string } {
  const parsed = settings.safeParse(head);
  if (!parsed.success) return { ok: false, why: wordIssue(parsed.error.issues[0]) };
  const given = parsed.data;
  const refused = [...given.disallowedTools ?? [], ...given.disallowed_tools ?? []];
  const without = refused.length === 0 ? undefined : refused;
  const wanted = given.tools?.includes("*") ? undefined : given.tools ?? undefined;
  const only = refused.includes("*") ? [] : wanted;
  const mode = given.permissionMode ?? given.permission_mode ?? undefined;
  const turnsMax = given.maxTurns ?? given.max_turns ?? undefined;
  const { name, description, model, isolation, background } = given;
  return {
    ok: true,
    settings: {
      name,
      description,
      ...(only === undefined ? {} : { tools: only }),
      ...(without === undefined ? {} : { disallowed_tools: without }),
      ...(model === undefined || model === null || model === "inherit" ? {} : { model }),
      ...(mode === undefined ? {} : { permission_mode: mode }),
      ...(isolation === "worktree" ? { isolation } : {}),
      ...(background === true ? { background } : {}),
      ...(turnsMax === undefined ? {} : { max_turns: turnsMax }),
      ...(given.budget === undefined || given.budget === null ? {} : { budget: budgetOf(given.budget) }),
    },
  };
}

function wordIssue(issue: z.core.$ZodIssue | undefined): string {
  const [first] = issue?.path ?? [];
  if (first === "isolation") return '"isolation" must be "worktree", or left out';
  if (issue?.code === "unrecognized_keys") {
    return `"${issue.path.join(".")}" has no "${
      issue.keys[0]
    }": it has tokens, cost_usd, wall_minutes and model_calls`;
  }
  if (issue?.code === "invalid_union" || (typeof first === "string" && /tools$/i.test(first))) {
    return `"${
      String(first)
    }" must be names of tools, as a list or with commas between them, and nothing after a name ("Read", not "Read(src/**)")`;
  }
  return headFault(issue);
}
