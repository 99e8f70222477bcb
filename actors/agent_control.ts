// AgentList, AgentWait and AgentStop: what an agent can know of the others, and do about those it started.
import { z } from "zod";
import type { Crew } from "../machines/crew.ts";
import { hasEnded, isResting, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { meantBy, nameOf } from "./actor_names.ts";
import { usageOf } from "./agent_usage.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { beginKernelCall, finished, type KernelTool, leftOff } from "./kernel_call.ts";
import type { SessionActor } from "./session_port.ts";

const agentName = z.string().min(1).max(500);
const waitArgs = z.strictObject({
  agents: z.array(agentName).min(1).max(256).optional().describe(
    "Left out: all that you started and that work",
  ),
  timeout_s: z.number().min(0).max(86_400).default(600),
});
const stopArgs = z.strictObject({
  agent: agentName.describe("One that you started, or that one of those did"),
  reason: z.string().min(1).max(500).optional(),
});

/** Of an agent's last words in a list or at the end of a wait; the whole is in its result or its note. */
const wordsMax = 2_000;
const listedMax = 200;

const byKernel = () => Promise.reject(new Error("It is carried out by the kernel, not run as a tool"));
const shared = {
  effect: "idempotent",
  requires_confirmation: false,
  allowed_in_plan: true,
  limits: { timeoutMs: 1_000, outputCharsMax: 100_000 },
  run: byKernel,
} as const;

export function agentControlTools(): readonly Tool[] {
  return [
    defineTool({
      ...shared,
      name: "AgentList",
      description: "Lists the agents of this session: names, what they work on, and how far they are.",
      parameters: z.strictObject({}),
    }),
    defineTool({
      ...shared,
      name: "AgentWait",
      description:
        "Waits until agents have ended or rest, or until somebody writes to you. Without it you hear of the end of a background agent by a note",
      parameters: waitArgs,
    }),
    defineTool({
      ...shared,
      name: "AgentStop",
      description:
        "Ends the work of an agent that you started, with all that it started, and waits until it has ended.",
      parameters: stopArgs,
    }),
  ];
}

export const listAgents: KernelTool = async (session, record, call) => {
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const transcript = await session.transcript();
  const all = [...transcript.crew.agents()];
  if (all.length === 0) return finished("There are no agents but the main one");
  const lines = all.slice(-listedMax).map((agent) => {
    const { path, description, profile } = agent;
    const { input_tokens, output_tokens } = usageOf(path, session.state().at, transcript);
    const role = profile.role ?? profile.definition;
    const what = `${role === undefined ? "" : `${role}, `}${description}`;
    const you = path === record.actor ? " (you)" : "";
    return `- ${nameOf(path, transcript.crew)}${you} [${path}]: ${
      stateOf(path, session, transcript)
    }; ${what}; ${input_tokens + output_tokens} tokens`;
  });
  const earlier = all.length > listedMax ? [`${all.length - listedMax} earlier ones are left out`] : [];
  return finished([...earlier, ...lines].join("\n"));
};

/** How far an agent, a team or a workflow is, in a word or two. */
function stateOf(path: string, session: SessionActor, { crew }: Transcript): string {
  const end = crew.agent(path)?.end;
  if (end !== undefined && end !== null) return end.how;
  const { agents, supervisors } = session.state();
  const snapshot = agents[path];
  if (snapshot !== undefined) return isResting(snapshot) ? "rests" : stateName(snapshot).replaceAll("_", " ");
  const supervisor = supervisors[path];
  return supervisor === undefined || hasEnded(supervisor) ? "ended" : "works";
}

function works(path: string, session: SessionActor): boolean {
  const { agents, supervisors, children } = session.state();
  const snapshot = agents[path];
  if (snapshot === undefined) return supervisors[path] !== undefined && !hasEnded(supervisors[path]);
  const child = children[path];
  // One whose turn is over but whose end is not told yet still works.
  return !isResting(snapshot) || (child !== undefined && child.kind !== "member");
}

export const waitForAgents: KernelTool = async (session, record, call) => {
  const { actor } = record;
  const { agents, timeout_s } = waitArgs.parse(record.args);
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const transcript = await session.transcript();
  const { crew } = transcript;
  let paths: string[] = [];
  if (agents === undefined) {
    paths = startedBy(actor, session, transcript).filter((path) => works(path, session));
  }
  for (const name of agents ?? []) {
    const meant = meantOrEnded(actor, name, session, transcript);
    if ("why" in meant) return { status: "failed", error: `Cannot wait for "${name}": ${meant.why}` };
    paths.push(...meant.paths);
  }
  const above = paths.find((path) => path === mainActor || isOrIsBelow(actor, path, crew));
  if (above !== undefined) {
    return { status: "failed", error: `Cannot wait for "${nameOf(above, crew)}": it waits for you` };
  }
  if (paths.length === 0) return finished("None of the agents that you started works any more");
  const ended = await waitUntil(session, () => paths.every((path) => !works(path, session)), {
    signal: call.signal,
    timeoutMs: timeout_s * 1_000,
    mailFor: actor,
  });
  if (ended === "aborted") return leftOff(session, actor, call.signal);
  const lines = paths.map((path) => waitedLine(path, session, transcript));
  const head = {
    done: [],
    mail: ["Somebody wrote to you; not all of them have ended:"],
    timeout: ["Time is up:"],
  };
  return finished([...head[ended], ...lines].join("\n"));
};

/** For whom one can wait although it is over already. */
function meantOrEnded(actor: string, name: string, session: SessionActor, transcript: Transcript) {
  const meant = meantBy(actor, name, session, transcript);
  if (!("why" in meant)) return meant;
  const { crew } = transcript;
  const plain = name.replace(/^@/, "");
  const over = [...crew.agents()].findLast(({ path }) => [path, nameOf(path, crew)].includes(plain));
  return over === undefined ? meant : { paths: [over.path] };
}

function waitedLine(path: string, session: SessionActor, transcript: Transcript): string {
  const { crew } = transcript;
  const agent = crew.agent(path);
  const head = `- ${nameOf(path, crew)}: ${stateOf(path, session, transcript)}`;
  // What the end of a background agent says comes as a note of its own.
  if (works(path, session) || agent === undefined || agent.kind === "background") return head;
  const text = agent.end?.text ?? transcript.lastText(path);
  return text === ""
    ? head
    : `${head}\n${text.slice(0, wordsMax).toWellFormed()}${text.length > wordsMax ? "…" : ""}`;
}

/** Agents whose parent it is, and the members of teams that it leads. */
function startedBy(actor: string, session: SessionActor, { crew }: Transcript): string[] {
  return Object.keys(session.state().agents).filter((path) => {
    const parent = crew.agent(path)?.parent;
    return parent === actor || (parent !== undefined && crew.supervisor(parent)?.start.data.parent === actor);
  });
}

export const stopAgent: KernelTool = async (session, record, call) => {
  const { actor } = record;
  const { agent: name, reason } = stopArgs.parse(record.args);
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const transcript = await session.transcript();
  const meant = meantOrEnded(actor, name, session, transcript);
  const refuse = (why: string): ToolOutcome => ({ status: "failed", error: `Cannot stop "${name}": ${why}` });
  if ("why" in meant) return refuse(meant.why);
  const [path = ""] = meant.paths;
  if (meant.paths.length > 1) return refuse("name one");
  if (
    path === actor || path === mainActor ||
    !(actor === mainActor || isOrIsBelow(path, actor, transcript.crew))
  ) {
    return refuse("you did not start it, and neither did one that you started");
  }
  const stopped = () => finished(`"${name}" is stopped: ${stateOf(path, session, transcript)}`);
  if (!works(path, session)) return stopped();
  const told = await session.tell({
    actor: path,
    type: "turn.cancelled",
    data: { by: actor, outcome: "cancelled", ...(reason === undefined ? {} : { reason }) },
  });
  // Refused: it is being stopped already, or was faster.
  if (!told.accepted && call.signal.aborted) return cancelledOutcome;
  const ended = await waitUntil(session, () => !works(path, session), { signal: call.signal });
  return ended === "aborted" ? leftOff(session, actor, call.signal) : stopped();
};

/** True for an actor and everybody whom it, or what it started, leads. */
function isOrIsBelow(actor: string, path: string, crew: Crew): boolean {
  for (const above of crew.line(actor)) if (above === path) return true;
  return false;
}

/** Looks after every fact; nothing is asked of the log, so a restart just waits again. */
async function waitUntil(
  session: SessionActor,
  holds: () => boolean,
  { signal, timeoutMs, mailFor }: { signal: AbortSignal; timeoutMs?: number; mailFor?: string },
): Promise<"done" | "mail" | "timeout" | "aborted"> {
  const { promise, resolve } = Promise.withResolvers<"done" | "mail" | "timeout" | "aborted">();
  const look = (): void => {
    if (holds()) resolve("done");
  };
  const { unsubscribe } = session.subscribe({
    event: (fact) => {
      const isMail = fact.type === "team.message_sent"
        ? mailFor !== undefined && fact.data.to.includes(mailFor)
        : fact.type === "message.received" && fact.actor === mailFor;
      look();
      if (isMail) resolve("mail");
    },
    delta: () => {},
    closed: () => resolve("aborted"),
  });
  const abort = (): void => resolve("aborted");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => resolve("timeout"), timeoutMs);
  look();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    unsubscribe();
  }
}
