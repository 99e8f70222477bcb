// How a run can end: what it is told, what a model at the wire does then, and the result and exit code that must follow.
import { answer, refuse } from "../support/model_plan.ts";
import { call, script } from "./agent_desk.ts";

export interface Ending {
  name: string;
  words: string[];
  stdin?: string;
  /** Once the output holds this, the program is sent that signal. */
  signal?: { name: "SIGINT" | "SIGTERM"; after: string };
  exit: number;
  subtype: string;
  /** In the result as JSON. */
  says?: string;
}

/** What the model at the wire does, by the model's name. */
export const models = {
  refuses: () => refuse(401, "Incorrect API key provided"),
  overflows: () => refuse(400, "This model's maximum context length is 4096 tokens. context_length_exceeded"),
  limited: () => refuse(429, "Rate limit reached"),
  overloaded: () => refuse(503, "Overloaded"),
  spends: (n: number) =>
    answer({
      calls: [{ name: "Bash", args: { command: `echo ${n}` } }],
      usage: { prompt_tokens: 600_000, completion_tokens: 0 },
    }),
};

const bypass = ["--permission-mode", "bypassPermissions"];
const bash = (command: string) => call("Bash", { command });
const asking = call("AskUserQuestion", { questions: [{ question: "Which?", options: [{ label: "this" }] }] });
export const slow = script({ text: "word ".repeat(400), delay_ms: 200 });

export const endings: Ending[] = [
  { name: "success", words: ["hello"], exit: 0, subtype: "success", says: "scripted offline provider" },
  {
    name: "a call that needs approval",
    words: [script(bash("touch x"), { text: "So be it" })],
    exit: 1,
    subtype: "error_permission_denied",
    says: "So be it",
  },
  {
    name: "a question with nobody there",
    words: [script(asking, { text: "I decided" })],
    exit: 0,
    subtype: "success",
    says: "I decided",
  },
  {
    name: "a plan with nobody to accept it",
    words: [
      "--permission-mode",
      "plan",
      script(call("ExitPlanMode", { plan: "1. Dig\n2. Sow" }), { text: "Ready" }),
    ],
    exit: 0,
    subtype: "success",
    says: "1. Dig\\n2. Sow\\n\\nReady",
  },
  {
    name: "a plan outside plan mode",
    words: [script(call("EnterPlanMode"), call("ExitPlanMode", { plan: "1. Dig" }), { text: "Ready" })],
    exit: 1,
    subtype: "error_permission_denied",
    says: "1. Dig",
  },
  {
    name: "--max-turns",
    words: [...bypass, "--max-turns", "1", script(bash("true"), bash("true"), { text: "never" })],
    exit: 53,
    subtype: "error_max_turns",
  },
  {
    name: "a limit of the session: repetition",
    words: [...bypass, script(...Array.from({ length: 6 }, () => bash("true")), { text: "never" })],
    exit: 53,
    subtype: "error_max_turns",
    says: "it repeats itself",
  },
  {
    name: "a limit of the session: money",
    words: [...bypass, "--model", "openai/spends", "go"],
    exit: 53,
    subtype: "error_max_turns",
    says: "used $1.20 of $1.00",
  },
  {
    name: "the budget of a sub-agent",
    words: [
      ...bypass,
      script(
        call("Agent", {
          description: "twice",
          prompt: script(bash("echo 1"), bash("echo 2"), { text: "never" }),
          budget: { model_calls: 2 },
        }),
        { text: "So be it" },
      ),
    ],
    exit: 53,
    subtype: "error_max_turns",
    says: "So be it",
  },
  {
    name: "a key that the endpoint refuses",
    words: ["--model", "openai/refuses", "hi"],
    exit: 41,
    subtype: "error_authentication",
  },
  {
    name: "a context that does not fit",
    words: ["--model", "openai/overflows", "hi"],
    exit: 1,
    subtype: "error_context_overflow",
  },
  {
    name: "an endpoint that has enough of us",
    words: ["--model", "openai/limited", "hi"],
    exit: 75,
    subtype: "error_rate_limited",
  },
  {
    name: "an endpoint that is overloaded",
    words: ["--model", "openai/overloaded", "hi"],
    exit: 75,
    subtype: "error_unavailable",
  },
  {
    name: "an endpoint that does not know the model",
    words: ["--model", "openai/nothing", "hi"],
    exit: 1,
    subtype: "error_during_execution",
  },
  { name: "an empty prompt", words: [], exit: 42, subtype: "error_bad_request", says: "the prompt is empty" },
  {
    name: "a picture that is none",
    words: ["--image", "no.png", "hi"],
    exit: 42,
    subtype: "error_bad_request",
    says: "no.png",
  },
  {
    name: "an option that cannot be right",
    words: ["--max-turns", "many", "hi"],
    exit: 2,
    subtype: "error_usage",
  },
  { name: "an unknown session", words: ["-r", "nobody", "hi"], exit: 1, subtype: "error_not_found" },
  {
    name: "SIGINT in mid-turn",
    words: [slow],
    signal: { name: "SIGINT", after: "model.called" },
    exit: 130,
    subtype: "error_cancelled",
  },
  {
    name: "SIGTERM in mid-turn",
    words: [slow],
    signal: { name: "SIGTERM", after: "model.called" },
    exit: 143,
    subtype: "error_cancelled",
  },
];
