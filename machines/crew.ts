// The crew: who else there is in a session beside the main agent, as the log tells it. A fold, kept with the transcript:
// profiles and definitions are too large for the context of a machine.
import type { AgentKind, AgentProfile } from "../src/protocol/agent_facts.ts";
import { type Fact, type FactOf, isSupervisorFact, type SupervisorFact } from "../src/protocol/facts.ts";
import type { ModeSettings } from "../src/protocol/mode_facts.ts";
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
  end: { how: "finished" | "failed" | "stopped"; text: string; seq: number } | null;
}

export interface CrewSupervisor {
  path: string;
  start: SupervisorStart;
  /** Its own facts after that, in order, with their whole values. */
  facts: SupervisorFact[];
}

export interface Crew {
  apply(fact: Fact): void;
  /** Who takes part in the session's mode; undefined in `single`. */
  readonly modeSettings: ModeSettings | undefined;
  agent(path: string): CrewAgent | undefined;
  agents(): Iterable<CrewAgent>;
  supervisor(path: string): CrewSupervisor | undefined;
  supervisors(): Iterable<CrewSupervisor>;
  /** An agent and all agents above it, the nearest first, also across teams, modes and workflows; never the main one. */
  upwards(path: string): Iterable<CrewAgent>;
}

export function createCrew(): Crew {
  const agents = new Map<string, CrewAgent>();
  const supervisors = new Map<string, CrewSupervisor>();
  const end = (path: string, ended: NonNullable<CrewAgent["end"]>): void => {
    const agent = agents.get(path);
    if (agent !== undefined) agent.end = ended;
  };
  let modeSettings: ModeSettings | undefined;
  function* upwards(path: string): Iterable<CrewAgent> {
    for (let next: string | undefined = path; next !== undefined;) {
      const agent: CrewAgent | undefined = agents.get(next);
      if (agent !== undefined) yield agent;
      next = agent?.parent ?? supervisors.get(next)?.start.data.parent;
    }
  }
  return {
    get modeSettings() {
      return modeSettings;
    },
    apply: (fact) => {
      const { actor, seq } = fact;
      if (isSupervisorFact(fact)) {
        if (isStart(fact)) supervisors.set(actor, { path: actor, start: fact, facts: [] });
        else supervisors.get(actor)?.facts.push(fact);
        return;
      }
      switch (fact.type) {
        case "session.created":
          modeSettings = fact.data.mode_settings;
          return;
        case "agent.started":
          return void agents.set(actor, started(fact));
        case "agent.finished":
          return end(actor, { how: "finished", text: fact.data.result, seq });
        case "agent.failed":
          return end(actor, { how: "failed", text: fact.data.error, seq });
        case "agent.stopped":
          return end(actor, { how: "stopped", text: fact.data.reason, seq });
      }
    },
    agent: (path) => agents.get(path),
    agents: () => agents.values(),
    supervisor: (path) => supervisors.get(path),
    supervisors: () => supervisors.values(),
    upwards,
  };
}

function isStart(fact: SupervisorFact): fact is SupervisorStart {
  return fact.type === "team.started" || fact.type === "mode.started" || fact.type === "workflow.started";
}

function started({ actor, seq, data }: FactOf<"agent.started">): CrewAgent {
  const { agent: _agent, parent, description, prompt: _prompt, call_id, kind, ...profile } = data;
  return {
    path: actor,
    parent,
    kind: kind ?? "task",
    callId: call_id ?? null,
    description,
    profile,
    startedSeq: seq,
    end: null,
  };
}
