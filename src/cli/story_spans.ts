// Which facts begin and end the spans of a story: model calls, tool calls, waits, and the lives of other actors. Pure.
import type { EventEnvelope } from "../protocol/facts.ts";

export type SpanKind = "model" | "call" | "wait" | "actor";

/** Which span this fact begins or ends; without a kind it only ends one. */
export function spanOf(
  event: EventEnvelope,
): { key: string; kind?: SpanKind; label: string } | undefined {
  const { type, data, actor } = event;
  const request = `model ${String(data["request_id"])}`;
  const call = `call ${String(data["call_id"])}`;
  const name = String(data["name"] ?? "");
  switch (type) {
    case "model.called":
      return { key: request, kind: "model", label: String(data["model"] ?? "model") };
    case "model.replied":
    case "model.failed":
      return { key: request, label: "" };
    case "call.approval_requested":
      return { key: call, kind: "wait", label: `${name} waits for approval` };
    case "call.started":
      return { key: call, kind: "call", label: name };
    case "question.asked":
      return { key: call, kind: "wait", label: "waits for an answer" };
    case "budget.exceeded":
      return {
        key: pauseKey({ actor }),
        kind: "wait",
        label: `paused by a limit (${String(data["limit"])})`,
      };
    case "question.answered":
    case "call.approved":
    case "call.denied":
    case "call.finished":
    case "call.failed":
    case "call.interrupted":
      return { key: call, label: "" };
    default:
      return lifeOf(event);
  }
}

/** The lives of other actors, and of the nodes of a workflow. */
function lifeOf(
  { type, actor, data }: EventEnvelope,
): { key: string; kind?: SpanKind; label: string } | undefined {
  const [life, node] = [`life ${actor}`, `node ${actor} ${String(data["run"])}`];
  switch (type) {
    case "agent.started":
      return { key: life, kind: "actor", label: String(data["description"] || "agent") };
    case "team.started":
      return { key: life, kind: "actor", label: `team: ${String(data["goal"])}` };
    case "mode.started":
      return { key: life, kind: "actor", label: String(data["mode"]) };
    case "workflow.started":
      return { key: life, kind: "actor", label: `workflow ${String(data["name"])}` };
    case "workflow.node_started":
      return { key: node, kind: "actor", label: `node ${String(data["node"])}` };
    case "workflow.node_finished":
    case "workflow.node_failed":
      return { key: node, label: "" };
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
    case "team.finished":
    case "mode.finished":
    case "workflow.finished":
      return { key: life, label: "" };
    default:
      return undefined;
  }
}

export function pauseKey({ actor }: Pick<EventEnvelope, "actor">): string {
  return `pause ${actor}`;
}

export function endsPause(type: string): boolean {
  return ["budget.extended", "message.received", "model.called", "turn.cancelled", "turn.ended"].includes(
    type,
  );
}
