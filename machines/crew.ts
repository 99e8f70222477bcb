// The crew: who else there is in a session beside the main agent, as the log tells it. A fold, kept with the transcript:
// profiles and definitions are too large for the context of a machine.
import type { AgentKind, AgentProfile, AgentUsage } from "../src/protocol/agent_facts.ts";
import { type Fact, type FactOf, isSupervisorFact, type SupervisorFact } from "../src/protocol/facts.ts";
import type { ModeSettings } from "../src/protocol/mode_facts.ts";
import type { QuestionAnswer } from "../src/protocol/work_facts.ts";
import type { SupervisorStart } from "./supervisor_events.ts";

export interface CrewAgent {
  path: string;
  parent: string;
  kind: AgentKind;
  callId: string | null;
  description: string;
  profile: AgentProfile;
  startedSeq: number;
  /** Null while it lives. */
  end:
    | { how: "finished" | "failed" | "stopped"; text: string; seq: number; usage?: AgentUsage | undefined }
    | null;
  startedAt: string;
  /** The worktree that it left behind, and why. */
  kept: { path: string; branch: string; reason: string } | null;
  /** Why another agent stopped it, in that one's words. */
  stopReason: string | null;
}

export interface CrewSupervisor {
  path: string;
  start: SupervisorStart;
  /** Its own facts after that, in order, with their whole values. */
  facts: SupervisorFact[];
  /** The results of the calls that it proposed. */
  results: Map<string, CallEnd>;
}

/** `text`: the output, or why there is none. */
export interface CallEnd {
  how: "finished" | "failed" | "denied" | "interrupted";
  text: string;
  /** Of a question. */
  answers: readonly QuestionAnswer[];
}

export interface Crew {
  apply(fact: Fact): void;
  /** Who takes part in the session's mode; undefined in `single`. */
  readonly modeSettings: ModeSettings | undefined;
  agent(path: string): CrewAgent | undefined;
  agents(): Iterable<CrewAgent>;
  supervisor(path: string): CrewSupervisor | undefined;
  supervisors(): Iterable<CrewSupervisor>;
  /** An actor and all above it, the nearest first: agents, and what leads them. */
  line(path: string): Iterable<string>;
  /** Of these the agents, without the main one. */
  upwards(path: string): Iterable<CrewAgent>;
  /** An actor and all that it, or what it began, has led so far. */
  below(path: string): Iterable<string>;
  /** True when mail of this id was sent. */
  wasSent(messageId: string): boolean;
}

export function createCrew(): Crew {
  const agents = new Map<string, CrewAgent>();
  const supervisors = new Map<string, CrewSupervisor>();
  const sent = new Set<string>();
  const end = (path: string, ended: NonNullable<CrewAgent["end"]>): void => {
    const agent = agents.get(path);
    if (agent !== undefined) agent.end = ended;
  };
  let modeSettings: ModeSettings | undefined;
  /** By the actor that they report to: whoever asks for a few must not look through all there ever were. */
  const led = new Map<string, string[]>();
  const join = (path: string, parent: string): void => {
    const others = led.get(parent);
    if (others === undefined) led.set(parent, [path]);
    else others.push(path);
  };
  function* line(path: string): Iterable<string> {
    for (let next: string | undefined = path; next !== undefined;) {
      yield next;
      next = agents.get(next)?.parent ?? supervisors.get(next)?.start.data.parent;
    }
  }
  function* upwards(path: string): Iterable<CrewAgent> {
    for (const next of line(path)) {
      const agent = agents.get(next);
      if (agent !== undefined) yield agent;
    }
  }
  function* below(path: string): Iterable<string> {
    const open = [path];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      yield next;
      for (const child of led.get(next) ?? []) open.push(child);
    }
  }
  return {
    get modeSettings() {
      return modeSettings;
    },
    apply: (fact) => {
      const { actor, seq } = fact;
      if (isSupervisorFact(fact)) {
        if (isStart(fact)) {
          supervisors.set(actor, { path: actor, start: fact, facts: [], results: new Map() });
          join(actor, fact.data.parent);
        } else supervisors.get(actor)?.facts.push(fact);
        return;
      }
      switch (fact.type) {
        case "session.created":
          modeSettings = fact.data.mode_settings;
          return;
        case "agent.started":
          agents.set(actor, started(fact));
          return join(actor, fact.data.parent);
        case "agent.finished":
          return end(actor, { how: "finished", text: fact.data.result, seq, usage: fact.data.usage });
        case "agent.failed":
          return end(actor, { how: "failed", text: fact.data.error, seq, usage: fact.data.usage });
        case "agent.stopped":
          return end(actor, { how: "stopped", text: fact.data.reason, seq, usage: fact.data.usage });
        case "agent.worktree_left": {
          const { path, branch, removed, reason = "" } = fact.data;
          const agent = agents.get(actor);
          if (agent !== undefined && !removed) agent.kept = { path, branch, reason };
          return;
        }
        case "turn.cancelled": {
          const agent = agents.get(actor);
          if (agent !== undefined) agent.stopReason = fact.data.reason ?? null;
          return;
        }
        case "question.answered": {
          const { call_id, answers } = fact.data;
          return void supervisors.get(actor)?.results.set(call_id, { how: "failed", text: "", answers });
        }
        case "call.finished":
        case "call.failed":
        case "call.denied":
        case "call.interrupted": {
          const results = supervisors.get(actor)?.results;
          const answers = results?.get(fact.data.call_id)?.answers ?? [];
          return void results?.set(fact.data.call_id, { ...callEnd(fact), answers });
        }
        case "team.message_sent":
          return void sent.add(fact.data.message_id);
      }
    },
    agent: (path) => agents.get(path),
    agents: () => agents.values(),
    supervisor: (path) => supervisors.get(path),
    supervisors: () => supervisors.values(),
    line,
    upwards,
    below,
    wasSent: (messageId) => sent.has(messageId),
  };
}

function callEnd(
  fact: FactOf<"call.finished" | "call.failed" | "call.denied" | "call.interrupted">,
): Omit<CallEnd, "answers"> {
  switch (fact.type) {
    case "call.finished":
      return { how: "finished", text: fact.data.output };
    case "call.failed": {
      const { error, output = "" } = fact.data;
      return { how: "failed", text: output === "" ? error : `${error}\n${output}` };
    }
    case "call.denied":
      return { how: "denied", text: fact.data.reason };
    case "call.interrupted":
      return { how: "interrupted", text: fact.data.reason };
  }
}

function isStart(fact: SupervisorFact): fact is SupervisorStart {
  return fact.type === "team.started" || fact.type === "mode.started" || fact.type === "workflow.started";
}

function started({ actor, seq, at, data }: FactOf<"agent.started">): CrewAgent {
  const { agent: _agent, parent, description, prompt: _prompt, images: _images, call_id, kind, ...profile } =
    data;
  return {
    path: actor,
    parent,
    kind: kind ?? "task",
    callId: call_id ?? null,
    description,
    profile,
    startedSeq: seq,
    startedAt: at,
    end: null,
    kept: null,
    stopReason: null,
  };
}
