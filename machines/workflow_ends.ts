// How runs of a workflow end: what is said of them, when they begin again, and how all of it stops.
import { backoffMs } from "./backoff.ts";
import {
  ask,
  decision,
  type Draft,
  finishKey,
  isEach,
  parentOf,
  putRun,
  type Run,
  runName,
  type Stop,
  termsOf,
} from "./workflow_context.ts";
import { graphOf } from "./workflow_graph.ts";

/** How a run came to its end, before its words are looked at. */
export type How = "done" | "failed" | "denied" | "interrupted" | "late" | "items" | "stopped";

/** Nothing carries the run out any more: its end is said, or that it begins again. */
export function report(draft: Draft, run: Run, how: How): void {
  const { retry, timeout_ms } = termsOf(draft, run);
  if (run.at === "working" && timeout_ms !== undefined) {
    ask(draft, "timer.drop", { timer_id: decision(draft, run, "limit") });
  }
  putRun(draft, { ...run, at: "ending" });
  // What is done may still turn out not to be what was asked for, and fail for that.
  const mayRetry = draft.stop === null && how !== "stopped" && run.failures < (retry?.max ?? 0);
  const pauses = how === "interrupted" && draft.stop === null && !mayRetry;
  ask(draft, "supervisor.say", {
    key: decision(draft, run, "end"),
    say: "end",
    node: draft.plan.ids[run.node] ?? "",
    run: runName(draft, run),
    attempt: run.attempt,
    item: run.item,
    how,
    ref: run.ref,
    retries: mayRetry || pauses,
    pauses,
    after_ms: mayRetry ? backoffMs(retry?.backoff_ms ?? 0, run.failures + 1) : 0,
  });
}

/** It begins again when its time has come. */
export function waitForRetry(draft: Draft, run: Run, afterMs: number): void {
  const next: Run = { ...run, at: "waiting", attempt: run.attempt + 1, failures: run.failures + 1, ref: "" };
  putRun(draft, next);
  if (draft.stop !== null) return report(draft, next, "stopped");
  ask(draft, "timer.wait", {
    timer_id: decision(draft, next, "retry"),
    at: draft.at,
    after_ms: afterMs,
  });
}

/** What was cut off from outside may have done part of its work: a person says when it begins again. */
export function waitForPerson(draft: Draft, run: Run): void {
  const next: Run = { ...run, attempt: run.attempt + 1, ref: "" };
  if (draft.stop !== null) return report(draft, next, "stopped");
  draft.paused = true;
  putBack(draft, next);
}

/** Back among those that are to start, as another attempt of the same run. */
export function putBack(draft: Draft, run: Run): void {
  forget(draft, run);
  const parent = parentOf(draft, run);
  const items = parent === undefined ? undefined : draft.each[parent];
  if (parent === undefined || items === undefined) {
    draft.queue = [...draft.queue, { ...run, at: "starting", ref: "", late: false }];
    return;
  }
  const { item, attempt, failures } = run;
  const again = [...items.again, { item, attempt, failures }];
  draft.each = { ...draft.each, [parent]: { ...items, again, live: items.live - 1 } };
}

/** The run has ended for good. */
export function settle(draft: Draft, run: Run, result: "finished" | "failed"): void {
  forget(draft, run);
  if (isEach(draft, run)) {
    const { [runName(draft, run)]: _ended, ...each } = draft.each;
    draft.each = each;
  }
  const parent = parentOf(draft, run);
  const items = parent === undefined ? undefined : draft.each[parent];
  if (parent === undefined || items === undefined) return;
  const fails = result === "failed" && graphOf(draft.plan).more(run.node).each?.goes_on !== true;
  const after = { ...items, failed: items.failed || fails, live: items.live - 1 };
  draft.each = { ...draft.each, [parent]: after };
}

function forget(draft: Draft, run: Run): void {
  const { [runName(draft, run)]: _gone, ...runs } = draft.runs;
  draft.runs = runs;
}

/** An `each` ends when none of its items is under way and none is to begin. */
export function endItems(draft: Draft): void {
  for (const [key, { failed }] of Object.entries(draft.each)) {
    const run = draft.runs[key];
    if (run?.at !== "working") continue;
    if (draft.stop !== null || run.late || failed) endWaitingItems(draft, key, run);
    const items = draft.each[key];
    if (items === undefined || items.live > 0) continue;
    if (draft.stop !== null) report(draft, run, "stopped");
    else if (run.late) report(draft, run, "late");
    else if (items.failed) report(draft, run, "items");
    else if (items.next >= items.total && items.again.length === 0) report(draft, run, "done");
  }
}

/** Items that were to begin again will not: that is their end. */
function endWaitingItems(draft: Draft, key: string, owner: Run): void {
  for (const item of itemsOf(draft, owner)) if (item.at === "waiting") dropRetry(draft, item);
  const items = draft.each[key];
  if (items === undefined || items.again.length === 0) return;
  draft.each = { ...draft.each, [key]: { ...items, again: [], live: items.live + items.again.length } };
  for (const place of items.again) {
    report(draft, { ...owner, ...place, at: "ending", ref: "", late: false }, "stopped");
  }
}

function itemsOf({ runs }: Draft, { node, visit }: Run): Run[] {
  return Object.values(runs).filter((run) => run.item >= 0 && run.node === node && run.visit === visit);
}

/** The time of a run is over: whoever carries it out is told to stop. */
export function cutShort(draft: Draft, run: Run): void {
  putRun(draft, { ...run, late: true });
  if (!isEach(draft, run)) return ask(draft, "work.stop", { target: run.ref });
  for (const item of itemsOf(draft, run)) {
    if (item.at === "working") ask(draft, "work.stop", { target: item.ref });
  }
}

/** Everything ends: what runs is told so, what waits ends at once, nothing starts any more. */
export function stop(draft: Draft, why: Stop): void {
  ask(draft, "work.cancel", {});
  if (draft.stop !== null) return;
  draft.stop = why;
  const begun = draft.queue.filter((entry) => typeof entry !== "number");
  draft.queue = [];
  for (const run of begun) report(draft, run, "stopped");
  draft.arrived = {};
  if (draft.breath !== "") ask(draft, "timer.drop", { timer_id: draft.breath });
  draft.breath = "";
  for (const run of Object.values(draft.runs)) if (run.at === "waiting") dropRetry(draft, run);
}

function dropRetry(draft: Draft, run: Run): void {
  ask(draft, "timer.drop", { timer_id: decision(draft, run, "retry") });
  report(draft, run, "stopped");
}

/** When nothing is under way and nothing can start, the workflow has ended. */
export function conclude(draft: Draft): void {
  const goesOn = Object.keys(draft.runs).length > 0 || draft.queue.length > 0;
  if (draft.finishing || goesOn || (draft.paused && draft.stop === null)) return;
  draft.finishing = true;
  const { outcome, reason, run } = draft.stop ?? { outcome: "completed", reason: "", run: "" };
  ask(draft, "supervisor.say", { key: finishKey(draft), say: "finish", outcome, reason, run });
}
