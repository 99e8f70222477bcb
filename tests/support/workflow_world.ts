// The world around the machine of a workflow: what is owed is done as the kernel would do it, in an order that chance decides.
import type { PendingEffect } from "../../machines/effects.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, type SessionState } from "../../machines/session_state.ts";
import type { WorkflowContext } from "../../machines/workflow_context.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import type { WorkflowPlan } from "../../src/protocol/workflow_facts.ts";
import { at, createdData } from "./story.ts";

/** The one workflow there is. */
export const path = "workflow:w";

/** The world around the workflow: what is owed is done, in an order that chance decides. */
export class World {
  state: SessionState = emptySession;
  facts: Fact[] = [];
  #chances: readonly number[];
  #place = 0;
  #plan: WorkflowPlan;

  constructor({ plan, chances }: { plan: WorkflowPlan; chances: readonly number[] }) {
    this.#chances = chances;
    this.#plan = plan;
    this.log({ actor: "main", type: "session.created", data: createdData() });
    this.log({
      actor: path,
      type: "workflow.started",
      data: { workflow: "w", name: "w", parent: "main", by: "user", definition: {}, plan, inputs: {} },
    });
  }

  chance(below: number): number {
    const value = this.#chances[this.#place++ % this.#chances.length] ?? 0;
    // Never the same round again for ever.
    return (value + Math.floor(this.#place / this.#chances.length)) % below;
  }

  /** False when the machines refuse it. */
  log(draft: FactDraft): boolean {
    const fact: Fact = { ...draft, seq: this.state.seq + 1, at, v: 1 };
    const step = stepSession(this.state, fact);
    if (step.ignored) return false;
    this.state = step.state;
    this.facts.push(fact);
    for (const signal of step.signals) this.#signal(signal);
    return true;
  }

  get context(): WorkflowContext {
    return this.state.supervisors[path]?.snapshot.context as WorkflowContext;
  }
  get value(): unknown {
    return this.state.supervisors[path]?.snapshot.value;
  }

  /** What the composer does: those below are told to stop. */
  #signal({ kind, params, actor }: PendingEffect): void {
    if (kind !== "work.cancel" && kind !== "work.stop") return;
    const isMeant = (name: string) => kind === "work.cancel" || params.target === name;
    for (const [child, { parent }] of Object.entries(this.state.children)) {
      if (parent === actor && isMeant(child) && this.state.agents[child] !== undefined) {
        this.endAgent(child, "stopped");
      }
    }
    for (const [id, call] of Object.entries(this.state.calls)) {
      if (call.actor === actor && isMeant(id)) this.endCall(id, "interrupted");
    }
  }

  endAgent(child: string, how: "finished" | "failed" | "stopped"): void {
    const agent = child.slice(child.lastIndexOf(":") + 1);
    if (how === "finished") this.log({ actor: child, type: "agent.finished", data: { agent, result: "x" } });
    else if (how === "failed") this.log({ actor: child, type: "agent.failed", data: { agent, error: "x" } });
    else this.log({ actor: child, type: "agent.stopped", data: { agent, reason: "x" } });
  }

  endCall(call_id: string, how: "finished" | "failed" | "interrupted"): void {
    if (how === "finished") {
      this.log({ actor: path, type: "call.started", data: { call_id, name: "T", attempt: 1 } });
      this.log({
        actor: path,
        type: "call.finished",
        data: { call_id, name: "T", output: "", truncated: false },
      });
    } else if (how === "failed") {
      this.log({ actor: path, type: "call.failed", data: { call_id, name: "T", error: "x" } });
    } else this.log({ actor: path, type: "call.interrupted", data: { call_id, name: "T", reason: "x" } });
  }

  /** Does one thing that is owed or under way; false when there is none. */
  act(): boolean {
    const owed = Object.values(this.state.effects).filter(({ actor, kind }) =>
      actor === path && kind !== "call.review" && kind !== "call.run"
    );
    const agents = Object.keys(this.state.children).filter((child) => this.state.agents[child] !== undefined);
    const calls = Object.keys(this.state.calls);
    const things = owed.length + agents.length + calls.length;
    if (things === 0) return false;
    const pick = this.chance(things);
    const effect = owed[pick];
    if (effect !== undefined) this.#make(effect);
    else {
      const how = this.chance(4) === 0 ? "failed" : "finished";
      const agent = agents[pick - owed.length];
      const call = calls[pick - owed.length - agents.length];
      if (agent !== undefined) this.endAgent(agent, how);
      else if (call !== undefined) this.endCall(call, how);
    }
    return true;
  }

  #make({ kind, params }: PendingEffect): void {
    const text = (name: string): string => String(params[name]);
    if (kind === "agent.start") {
      const actor = text("agent");
      const agent = actor.slice(actor.lastIndexOf(":") + 1);
      const data = { agent, parent: path, description: "d", prompt: "p", kind: "task" } as const;
      return void this.#must({ actor, type: "agent.started", data });
    }
    if (kind === "call.propose") {
      const data = { call_id: text("call_id"), name: "T", args: {}, by: "supervisor" } as const;
      return void this.#must({ actor: path, type: "call.proposed", data });
    }
    if (kind === "timer.wait") {
      return void this.#must({ actor: path, type: "timer.fired", data: { timer_id: text("timer_id") } });
    }
    if (kind !== "supervisor.say") throw new Error(`Nobody makes "${kind}"`);
    if (params.say === "start") return this.#start(params);
    if (params.say === "end") return this.#end(params);
    const data = {
      key: text("key"),
      workflow: "w",
      // The machine's own word.
      outcome: params.outcome as "completed",
      reason: text("reason"),
      outputs: {},
    };
    this.#must({ actor: path, type: "workflow.finished", data });
  }

  #start(params: PendingEffect["params"]): void {
    const ids = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
      attempt: Number(params.attempt),
    };
    if (this.chance(20) === 0) return this.#fail({ ...params, retries: false });
    const place = this.#plan.ids.indexOf(ids.node);
    const isEach = this.#plan.more[place]?.each !== undefined && Number(params.item) < 0;
    const items = isEach ? { items: this.chance(5) } : {};
    this.#must({
      actor: path,
      type: "workflow.node_started",
      data: { ...ids, visit: Number(params.visit), ...items },
    });
  }

  #end(params: PendingEffect["params"]): void {
    if (params.how !== "done" || this.chance(10) === 0) return this.#fail(params);
    const { key, node, run } = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
    };
    const next = this.#next(params);
    this.#must({ actor: path, type: "workflow.node_finished", data: { key, node, run, output: null, next } });
  }

  #fail(params: PendingEffect["params"]): void {
    const retries = params.retries === true;
    const data = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
      attempt: Number(params.attempt),
      error: "x",
      retries,
      after_ms: Number(params.after_ms ?? 0),
      ...(retries && params.pauses === true ? { pauses: true as const } : {}),
      next: retries || this.chance(2) === 0 ? [] : this.#next(params),
    };
    this.#must({ actor: path, type: "workflow.node_failed", data });
  }

  #next(params: PendingEffect["params"]): string[] {
    if (Number(params.item) >= 0) return [];
    const place = this.#plan.ids.indexOf(String(params.node));
    return (this.#plan.to[place] ?? []).filter(() => this.chance(3) > 0).map((to) =>
      this.#plan.ids[to] ?? ""
    );
  }

  #must(draft: FactDraft): void {
    if (!this.log(draft)) throw new Error(`"${draft.type}" was refused: ${JSON.stringify(draft.data)}`);
  }
}
