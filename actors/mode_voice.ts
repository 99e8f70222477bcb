// The voice of a run of a mode: what its members are asked and are heard to say, and how the run ends.
import { z } from "zod";
import type { Transcript } from "../machines/transcript.ts";
import { memberPath } from "../machines/member_path.ts";
import { type FactDraft, type FactOf, mainActor, turnOutcome } from "../src/protocol/facts.ts";
import { agentMode, modeFacts } from "../src/protocol/mode_facts.ts";
import { supervisorOutcome } from "../src/protocol/supervisor_facts.ts";
import { usageOf } from "./agent_usage.ts";
import { againText, type Ask, askText, firstPrompt, requestImages } from "./mode_prompts.ts";
import { defaultModeSettings } from "./mode_settings.ts";
import { verdictOf } from "./mode_verdict.ts";
import type { SupervisorMoment, SupervisorVoice } from "./supervisor_voice.ts";

const { member, round, what, part, request_id: _, verdict: __, key } = modeFacts["mode.said"].shape;
const asked = z.object({
  member,
  round,
  what,
  agent: z.string(),
  again: z.boolean(),
  message_id: z.string().optional(),
});
const ended = z.object({
  member,
  agent: z.string(),
  how: z.enum(["finished", "failed"]),
  outcome: turnOutcome,
});
const begun = z.object({ supervisor: z.string(), of_seq: z.number() });
const saying = z.discriminatedUnion("say", [
  z.object({ say: z.literal("mode.said"), key, member, part, round, what }),
  z.object({
    say: z.literal("mode.member_failed"),
    key,
    member,
    attempt: z.number(),
    restarts: z.boolean(),
    after_ms: z.number(),
    outcome: turnOutcome,
  }),
  z.object({ say: z.literal("mode.round_ended"), key, round, reason: z.string() }),
  z.object({
    say: z.literal("mode.finished"),
    key,
    outcome: supervisorOutcome,
    reason: z.string(),
    by: z.string().nullable(),
  }),
]);
type Saying = z.infer<typeof saying>;

/** The machines of the modes make these requests, and only these: what does not fit is a bug. */
export const modeVoice: SupervisorVoice = ({ kind, actor, params }, moment) => {
  switch (kind) {
    case "supervisor.start":
      return started(begun.parse(params), moment);
    case "agent.start":
      return memberStarted(actor, asked.parse(params), moment);
    case "agent.tell":
      return memberTold(actor, asked.parse(params), moment);
    case "agent.end":
      return memberEnded(ended.parse(params), moment);
    case "supervisor.say":
      return said(actor, saying.parse(params), moment);
    case "call.propose":
      throw new Error(`A run of a mode calls no tool: "${actor}" asked for one`);
    default:
      return kind satisfies never;
  }
};

function started(
  { supervisor, of_seq }: z.infer<typeof begun>,
  { state, transcript }: SupervisorMoment,
): FactDraft {
  const mode = agentMode.exclude(["single"]).parse(state.meta?.agentMode);
  const settings = transcript.crew.modeSettings ?? defaultModeSettings(mode);
  const run = supervisor.slice(supervisor.lastIndexOf("/") + 1);
  const data = { key: supervisor, run, mode, parent: mainActor, settings, of_seq };
  return { actor: supervisor, type: "mode.started", data };
}

type Asked = z.infer<typeof asked>;

function memberStarted(run: string, asked: Asked, { transcript }: SupervisorMoment): FactDraft {
  const ask = askOf(run, asked, transcript);
  const { part, ...profile } = ask.member;
  const images = requestImages(ask, transcript);
  return {
    actor: asked.agent,
    type: "agent.started",
    data: {
      ...profile,
      agent: ask.member.name,
      parent: run,
      description: `${part} of the ${ask.start.data.mode}`,
      prompt: firstPrompt(ask, transcript),
      ...(images.length === 0 ? {} : { images }),
      kind: "member",
    },
  };
}

function memberTold(run: string, asked: Asked, { state, transcript }: SupervisorMoment): FactDraft {
  const ask = askOf(run, asked, transcript);
  const { agent, message_id = "", again } = asked;
  const { max_turns } = ask.member;
  return {
    actor: agent,
    type: "message.received",
    data: {
      message_id,
      text: again ? againText(errorOf(agent, "failed", { state, transcript })) : askText(ask, transcript),
      // What a person said to it meanwhile is answered first.
      delivery: "queue",
      source: "supervisor",
      ...(max_turns === undefined ? {} : { max_steps: max_turns }),
    },
  };
}

function memberEnded(
  { member, agent, how, outcome }: z.infer<typeof ended>,
  moment: SupervisorMoment,
): FactDraft {
  const usage = usageOf(agent, moment.state.at, moment.transcript);
  if (how === "failed") {
    return {
      actor: agent,
      type: "agent.failed",
      data: { agent: member, error: errorOf(agent, outcome, moment), usage },
    };
  }
  return { actor: agent, type: "agent.finished", data: { agent: member, result: "its part is done", usage } };
}

function said(run: string, saying: Saying, moment: SupervisorMoment): FactDraft {
  const { transcript } = moment;
  switch (saying.say) {
    case "mode.said": {
      const { say: _say, ...data } = saying;
      const request_id = transcript.answers.last(memberPath(run, saying.member)) ?? "";
      const verdict = verdictOf(saying.what, transcript.answers.text(request_id));
      return { actor: run, type: "mode.said", data: { ...data, verdict, request_id } };
    }
    case "mode.member_failed": {
      const { say: _say, outcome, ...data } = saying;
      const error = errorOf(memberPath(run, saying.member), outcome, moment);
      return { actor: run, type: "mode.member_failed", data: { ...data, error } };
    }
    case "mode.round_ended": {
      const { say: _say, ...data } = saying;
      return { actor: run, type: "mode.round_ended", data };
    }
    case "mode.finished": {
      const { say: _say, by, ...data } = saying;
      const text = by === null ? "" : lastSaid(run, by, transcript);
      return {
        actor: run,
        type: "mode.finished",
        data: { ...data, run: startOf(run, transcript).data.run, text },
      };
    }
    default:
      return saying satisfies never;
  }
}

/** What a member said last in this run: what it told somebody else since is none of it. */
function lastSaid(run: string, name: string, { crew, answers }: Transcript): string {
  const facts = crew.supervisor(run)?.facts ?? [];
  const last = facts.findLast((fact) => fact.type === "mode.said" && fact.data.member === name);
  return last?.type === "mode.said" ? answers.text(last.data.request_id) : "";
}

function errorOf(
  agent: string,
  outcome: z.infer<typeof turnOutcome>,
  { state }: SupervisorMoment,
): string {
  if (outcome === "limit") return "it reached its limit of model calls, or a budget";
  if (outcome !== "failed") return `its turn was ${outcome}`;
  return String(state.agents[agent]?.context.error?.message ?? "its turn failed");
}

function askOf(run: string, { member: name, round, what }: Asked, transcript: Transcript): Ask {
  const start = startOf(run, transcript);
  const member = start.data.settings.members.find((one) => one.name === name);
  if (member === undefined) throw new Error(`"${run}" has no member "${name}"`);
  return { run, start, member, round, what };
}

function startOf(run: string, { crew }: Transcript): FactOf<"mode.started"> {
  const start = crew.supervisor(run)?.start;
  if (start?.type !== "mode.started") throw new Error(`There is no run "${run}"`);
  return start;
}
