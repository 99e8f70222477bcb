// The run of a workflow: a fact in, the next context out, with what is to follow from it. Pure.
import type { FactOf } from "../src/protocol/facts.ts";
import type { WorkflowPlan } from "../src/protocol/workflow_facts.ts";
import { cancelEnd } from "./cancel_end.ts";
import type { SupervisorEvent, SupervisorInput } from "./supervisor_events.ts";
import {
  ask,
  decision,
  type Draft,
  isEach,
  putRun,
  type Run,
  runName,
  type WorkflowContext,
} from "./workflow_context.ts";
import {
  conclude,
  cutShort,
  endItems,
  type How,
  putBack,
  report,
  settle,
  stop,
  waitForPerson,
  waitForRetry,
} from "./workflow_ends.ts";
import { graphOf } from "./workflow_graph.ts";
import { carryOut, limit, pump, takeEdges } from "./workflow_starts.ts";
import { placesIn } from "./workflow_edit.ts";

export type WorkflowInput = SupervisorInput<FactOf<"workflow.started">>;
type EventOf<T extends SupervisorEvent["type"]> = Extract<SupervisorEvent, { type: T }>;

export function beginWorkflow({ actor, seq, at, data }: WorkflowInput): WorkflowContext {
  const { plan } = data;
  const draft: Draft = {
    actor,
    plan,
    visits: plan.ids.map(() => 0),
    arrived: {},
    spent: {},
    queue: plan.starts,
    runs: {},
    each: {},
    paused: false,
    forked: false,
    stop: null,
    finishing: false,
    streak: 0,
    breath: "",
    requests: [],
    seq,
    at,
  };
  return closed(draft);
}

export function advanceWorkflow(context: WorkflowContext, event: SupervisorEvent): WorkflowContext {
  const draft: Draft = { ...context, requests: [], seq: event.seq, at: event.at };
  draft.streak = event.type.startsWith("workflow.node_") ? draft.streak + 1 : 0;
  apply(draft, event);
  return closed(draft);
}

function closed(draft: Draft): WorkflowContext {
  endItems(draft);
  pump(draft);
  // A node that would start once too often has stopped everything.
  endItems(draft);
  conclude(draft);
  const { seq: _seq, at: _at, ...context } = draft;
  return context;
}

function apply(draft: Draft, event: SupervisorEvent): void {
  switch (event.type) {
    case "workflow.node_started":
      return started(draft, event);
    case "workflow.node_finished": {
      const run = draft.runs[event.data.run];
      if (run === undefined) return;
      settle(draft, run, "finished");
      if (run.item < 0 && draft.stop === null) takeEdges(draft, run.node, event.data.next);
      return;
    }
    case "workflow.node_failed":
      return failed(draft, event);
    case "workflow.paused":
      draft.paused = true;
      return;
    case "workflow.resumed":
      draft.paused = false;
      draft.forked = false;
      return;
    case "workflow.edited":
      return edit(draft, event);
    case "child.ended":
      return ended(draft, event.child, event.how === "finished" ? "done" : event.how);
    case "call.ended":
      return ended(draft, event.call_id, event.how === "finished" ? "done" : event.how);
    case "timer.fired":
      return timed(draft, event.timer_id);
    case "turn.cancelled":
      return stop(draft, { ...cancelEnd(event.outcome), run: "" });
    case "session.forked":
      return fork(draft);
  }
}

function started(draft: Draft, { data }: EventOf<"workflow.node_started">): void {
  const run = draft.runs[data.run];
  if (run === undefined) return;
  if (draft.stop !== null) return report(draft, run, "stopped");
  // In a fork nothing begins before a person says so.
  if (draft.forked) return putBack(draft, { ...run, attempt: run.attempt + 1 });
  if (!isEach(draft, run)) {
    if (carryOut(draft, data.run, run) === "ends") report(draft, run, "done");
    return;
  }
  putRun(draft, { ...run, at: "working" });
  const items = { total: data.items ?? 0, next: 0, again: [], live: 0, failed: false };
  draft.each = { ...draft.each, [data.run]: items };
  limit(draft, run);
}

function failed(draft: Draft, { data }: EventOf<"workflow.node_failed">): void {
  const run = draft.runs[data.run];
  if (run === undefined) return;
  if (data.pauses === true) return waitForPerson(draft, run);
  if (data.retries) return waitForRetry(draft, run, data.after_ms);
  settle(draft, run, "failed");
  if (run.item >= 0 || draft.stop !== null) return;
  if (data.next.length > 0) takeEdges(draft, run.node, data.next);
  else stop(draft, { outcome: "failed", reason: "", run: data.run });
}

/** Whoever carried a run out has ended. */
function ended(
  draft: Draft,
  ref: string,
  how: "done" | "failed" | "stopped" | "denied" | "interrupted",
): void {
  const run = Object.values(draft.runs).find((one) => one.at === "working" && one.ref === ref);
  if (run === undefined) return;
  const isCut = how === "stopped" || how === "interrupted";
  // A team ends in a fork, as a failure.
  if (draft.forked && how !== "done" && draft.stop === null) {
    return putBack(draft, { ...run, attempt: run.attempt + 1 });
  }
  const found: How = how === "done" || how === "denied" ? how : run.late ? "late" : how;
  report(draft, run, draft.stop !== null && isCut ? "stopped" : found);
}

function timed(draft: Draft, timer: string): void {
  if (timer === draft.breath) {
    draft.breath = "";
    return;
  }
  for (const run of Object.values(draft.runs)) {
    if (run.at === "waiting" && timer === decision(draft, run, "retry")) return putBack(draft, run);
    if (run.at === "working" && timer === decision(draft, run, "limit")) return cutShort(draft, run);
  }
}

/** What ran before runs in the other session, so here it is to begin again when a person says so. */
function fork(draft: Draft): void {
  draft.paused = true;
  draft.forked = true;
  if (draft.stop !== null) return;
  if (draft.breath !== "") ask(draft, "timer.drop", { timer_id: draft.breath });
  draft.breath = "";
  for (const run of Object.values(draft.runs)) {
    if (run.at === "waiting") {
      ask(draft, "timer.drop", { timer_id: decision(draft, run, "retry") });
      putBack(draft, run);
    } else if (run.at === "working") {
      ask(draft, "timer.drop", { timer_id: decision(draft, run, "limit") });
    }
  }
}

function edit(draft: Draft, { data }: EventOf<"workflow.edited">): void {
  const before: WorkflowPlan = draft.plan;
  const known = new Set(before.ids);
  const moved = placesIn(draft, data.plan);
  Object.assign(draft, moved);
  const graph = graphOf(data.plan);
  const added = data.plan.starts.filter((node) => !known.has(data.plan.ids[node] ?? ""));
  draft.queue = [...draft.queue, ...added];
  for (const [from, to] of data.follows) takeEdges(draft, graph.place(from), [to]);
}

/** Whether a fact of its own is one that the workflow waits for. */
export function isOwed(context: WorkflowContext, event: SupervisorEvent): boolean {
  if (!("data" in event) || !("run" in event.data) || !("key" in event.data)) return false;
  const run: Run | undefined = context.runs[event.data.run];
  if (run === undefined || runName(context, run) !== event.data.run) return false;
  const what = run.at === "starting" ? "start" : run.at === "ending" ? "end" : null;
  if (what === null || event.data.key !== decision(context, run, what)) return false;
  return event.type === "workflow.node_started"
    ? what === "start"
    : event.type === "workflow.node_failed" || what === "end";
}
