// Facts beside the agent's own loop: questions, settings, todos and tasks, file changes, background tasks, the context,
// budgets and hooks. One schema per type, joined into the union in facts.ts.
import { z } from "zod";
import { jsonValue } from "./json.ts";
import { usage } from "./model_parts.ts";
import { permissionMode } from "./permission_mode.ts";

export const question = z.object({
  question: z.string(),
  /** A word or two for a narrow column. */
  header: z.string().optional(),
  /** None: the answer is free text. */
  options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
  multi_select: z.boolean(),
});
export type Question = z.infer<typeof question>;

/** One answer a question, in the questions' order: chosen labels, or words of the person's own, or both. */
export const questionAnswer = z.object({
  selected: z.array(z.string().max(200)).max(16).default([]),
  text: z.string().max(10_000).optional(),
});
export type QuestionAnswer = z.infer<typeof questionAnswer>;

export const todoItem = z.object({
  content: z.string(),
  status: z.enum(["pending", "in_progress", "completed"]),
  active_form: z.string().optional(),
});
export type TodoItem = z.infer<typeof todoItem>;

export const taskStatus = z.enum(["pending", "in_progress", "completed", "cancelled"]);
const taskFields = {
  subject: z.string(),
  description: z.string(),
  blocked_by: z.array(z.string()),
  owner: z.string().nullable(),
  /** Paths or addresses that belong to the task. */
  documents: z.array(z.string()),
};
/** A task as the fold of its facts has it. */
export const task = z.object({ task_id: z.string(), ...taskFields, status: taskStatus });
export type Task = z.infer<typeof task>;

/** A git worktree that a session works in: where it is, its branch, and the folder the session came from. */
export const worktree = z.object({
  path: z.string(),
  branch: z.string(),
  repository: z.string(),
  /** The commit it began from. */
  base: z.string(),
  came_from: z.string(),
});
export type Worktree = z.infer<typeof worktree>;

/** `lost`: it ended unseen. `stopped`: the daemon was stopped. `left_behind`: it belongs to the session forked from. */
export const backgroundStatus = z.enum([
  "exited",
  "killed",
  "timed_out",
  "too_much_output",
  "lost",
  "stopped",
  "left_behind",
]);

export const hookEvent = z.enum([
  "PreToolUse",
  "PostToolUse",
  "UserPromptSubmit",
  "SessionStart",
  "SessionEnd",
  "Stop",
  "SubagentStart",
  "SubagentStop",
  "PreCompact",
  "Notification",
]);
export type HookEvent = z.infer<typeof hookEvent>;

/** A hook of one session: a person has agreed to it. `matcher`: names of tools, `|` between them; left out: all. */
export const sessionHook = z.object({
  event: hookEvent,
  matcher: z.string().optional(),
  command: z.string(),
  timeout_s: z.number().positive().optional(),
});
export type SessionHook = z.infer<typeof sessionHook>;

export const budgetLimit = z.enum(["steps", "wall", "tokens", "cost", "repeat", "calls"]);
export type BudgetLimit = z.infer<typeof budgetLimit>;

/** `works`: commands run confined; `unavailable`: they should, and cannot; `off`: the user wants none. */
export const sandboxStatus = z.enum(["works", "unavailable", "off"]);
export type SandboxStatus = z.infer<typeof sandboxStatus>;

/** The program through which a person spoke, as it names itself. */
export const client = z.string().optional();

export const sessionWorkFacts = {
  "question.asked": z.object({ call_id: z.string(), questions: z.array(question) }),
  "question.answered": z.object({
    call_id: z.string(),
    answers: z.array(questionAnswer),
    by: z.string(),
    client,
  }),
  "session.mode_changed": z.object({ permission_mode: permissionMode, by: z.string(), client }),
  /** What commands of this session run in, said when it matters and has changed. */
  "session.sandbox_changed": z.object({ status: sandboxStatus, reason: z.string().optional() }),
  /** Rules that hold in this session only; they replace those given before. */
  "session.rules_set": z.object({
    allow: z.array(z.string()),
    ask: z.array(z.string()).optional(),
    deny: z.array(z.string()),
    by: z.string(),
    client,
  }),
  "session.model_changed": z.object({ provider: z.string(), model: z.string(), by: z.string() }),
  /** `worktree` is null when the session is back in its own folder. */
  "session.workspace_changed": z.object({
    workspace: z.string(),
    worktree: worktree.nullable(),
    by: z.string(),
  }),
  /** The whole list, replacing the one before. */
  "todo.written": z.object({ items: z.array(todoItem) }),
  "task.created": z.object({ task_id: z.string(), ...taskFields }),
  /** Only what changed. */
  "task.updated": z.object({ task_id: z.string(), ...taskFields, status: taskStatus }).partial().required({
    task_id: true,
  }),
  /**
   * What a call did to a file, and what was there: enough to undo it. `before` null: it did not exist; `after` null: it
   * was removed. `content` names a blob with the old bytes. `undoes` is the call that this one took back.
   */
  "file.changed": z.object({
    call_id: z.string(),
    path: z.string(),
    before: z.object({ sha256: z.string(), content: z.string(), mode: z.number().int() }).nullable(),
    after: z.object({ sha256: z.string() }).nullable(),
    undoes: z.string().optional(),
  }),
  "background.started": z.object({
    background_id: z.string(),
    call_id: z.string(),
    command: z.string(),
    description: z.string().optional(),
    evidence: jsonValue,
  }),
  /** `output` is the end of it; all of it is in `output_file`. */
  "background.ended": z.object({
    background_id: z.string(),
    status: backgroundStatus,
    exit_code: z.number().int().optional(),
    output: z.string(),
    output_file: z.string().optional(),
  }),
  "context.compact_requested": z.object({ by: z.string(), instructions: z.string().optional() }),
  /**
   * From here on the model gets less than the whole conversation, which stays in the log. `micro`: results of calls that
   * ended up to `through` are references. `summary`: all up to `through` is `summary`. `cut`: all up to it is left out.
   */
  "context.compacted": z.object({
    kind: z.enum(["micro", "summary", "cut"]),
    through: z.number().int(),
    /** From now on, longer texts lose their middle. */
    text_max: z.number().int().positive().optional(),
    summary: z.string().optional(),
    tokens_before: z.number().int(),
    tokens_after: z.number().int(),
    usage: usage.optional(),
    reason: z.string().optional(),
  }),
  /** The agent pauses until a person extends the limit, sends a message or cancels. Units: calls, ms, tokens, US dollars. */
  "budget.exceeded": z.object({
    limit: budgetLimit,
    used: z.number(),
    max: z.number(),
    detail: z.string().optional(),
    /** The path of the actor whose own budget it is; left out: a limit that every session has. */
    of: z.string().optional(),
    /** `stop`: nobody is asked, that actor ends with all below it. */
    on_limit: z.literal("stop").optional(),
  }),
  /** `max` is the limit from now on: that of the actor `of`, or for the whole session where it has such a limit. */
  "budget.extended": z.object({
    limit: budgetLimit,
    max: z.number(),
    by: z.string(),
    client,
    of: z.string().optional(),
  }),
  "hook.registered": sessionHook.extend({ by: z.string() }),
  "hook.ran": z.object({
    event: hookEvent,
    /** The command, shortened. */
    name: z.string(),
    call_id: z.string().optional(),
    outcome: z.enum(["passed", "blocked", "asked", "failed", "timed_out"]),
    exit_code: z.number().int().optional(),
    reason: z.string().optional(),
    /** Words for the model. */
    context: z.string().optional(),
    duration_ms: z.number().int(),
  }),
} as const;
