// Hook: adds a program to this session that hears of what happens and may object. A person is asked every time.
import { z } from "zod";
import { mainActor } from "../src/protocol/facts.ts";
import { hookEvent } from "../src/protocol/work_facts.ts";
import type { ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { visible } from "./visible.ts";

export const hookCommandCharsMax = 2_000;
/** Hooks that may be added to one session: each is a program that is run again and again. */
export const sessionHooksMax = 32;
export const hookTimeoutMaxS = 600;
const matcherCharsMax = 200;

const parameters = z.strictObject({
  event: hookEvent.describe("When it is run"),
  matcher: z.string().min(1).max(matcherCharsMax).optional().describe(
    'For tool events: names of tools, "|" between them; left out: all',
  ),
  command: z.string().min(1).max(hookCommandCharsMax).describe(
    "A shell command; it gets JSON on stdin, and exit code 2 objects with what it wrote to stderr",
  ),
  timeout_s: z.number().positive().max(hookTimeoutMaxS).optional().describe("By default 10"),
});

const tooMany: ToolOutcome = {
  status: "failed",
  error: `Cannot add a hook: this session has ${sessionHooksMax} already, the most it may have; ` +
    "give one hook the work of several, or ask the user to put hooks into the configuration",
};

export const hookTool = defineTool({
  name: "Hook",
  description:
    "Adds a hook to this session: a command that is run at an event and may object to it, such as a formatter after each Edit or a check before each Bash. It can only tighten what is allowed.",
  parameters,
  effect: "pure",
  requires_confirmation: true,
  always_asks: true,
  // It runs commands later on.
  allowed_in_plan: false,
  limits: { timeoutMs: 5_000, outputCharsMax: 2_000 },
  prompt: (args) => {
    const tools = args.matcher === undefined ? "" : ` of ${visible(args.matcher)}`;
    return `From now on, run this at every ${args.event}${tools}:\n\n${visible(args.command)}`;
  },
  refuse: (_args, { actor }) =>
    actor === mainActor
      ? null
      : "Cannot add a hook: only the main agent may, it would hold for the whole session",
  run: (args, { session }) => {
    // Looked at here and not before a person is asked: others may be added meanwhile.
    if (session.hooksCount() >= sessionHooksMax) return Promise.resolve(tooMany);
    return Promise.resolve({
      status: "finished",
      output: `The hook is run at every ${args.event} of this session from now on`,
      truncated: false,
      facts: [{ type: "hook.registered", data: { ...args, by: "agent" } }],
    });
  },
});
