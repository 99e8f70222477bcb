// A decision of a team in the making: the next context, and what it asks for.
import type { JsonObject } from "../src/protocol/json.ts";
import { memberNamed, memberPath } from "./member_path.ts";
import type { EffectRequest } from "./step.ts";
import type { Member, TeamContext } from "./team_context.ts";

/** The next context in the making. */
export type Draft = { -readonly [K in keyof TeamContext]: TeamContext[K] } & {
  members: Record<string, Member>;
  requests: EffectRequest[];
};
export type At = { seq: number; at: string };

export const fresh: Member = { at: "working", said: false, tries: 0, limited: false };

/** Names of the members that have not ended. */
export function living({ members }: Pick<TeamContext, "members">): string[] {
  return Object.keys(members).filter((name) =>
    ["working", "idle", "retrying"].includes(members[name]?.at ?? "done")
  );
}

export function find(team: Draft, child: string): { name: string; member: Member | undefined } {
  const name = memberNamed(team.path, child) ?? "";
  return { name, member: team.members[name] };
}

export function change(team: Draft, name: string, to: Partial<Member>): void {
  team.members[name] = { ...team.members[name] ?? fresh, ...to };
}

export function end(team: Draft, name: string, how: "finished" | "failed" | "stopped"): void {
  change(team, name, { at: "ending" });
  team.requests.push({
    kind: "agent.end",
    params: { agent: memberPath(team.path, name), member: name, how },
  });
}

export function tell(team: Draft, name: string, event: At, what: JsonObject): void {
  change(team, name, { at: "working" });
  const message_id = `${team.path}#${event.seq}:${name}`;
  const agent = memberPath(team.path, name);
  team.requests.push({ kind: "agent.tell", params: { message_id, agent, member: name, ...what } });
}

export function say(team: Draft, event: At, what: JsonObject): void {
  const key = `${team.path}#${event.seq}:${what.what}:${what.member ?? ""}`;
  team.requests.push({ kind: "supervisor.say", params: { key, ...what } });
}

export function waitFor(
  team: Draft,
  { at }: At,
  { timer, after_ms }: { timer: string; after_ms: number },
): void {
  const timer_id = `${team.path}#${timer}`;
  team.requests.push({ kind: "timer.wait", params: { timer_id, at, after_ms } });
}

export function dropTimer(team: Draft, timer: string): void {
  team.requests.push({ kind: "timer.drop", params: { timer_id: `${team.path}#${timer}` } });
}

export function stopLooking(team: Draft): void {
  if (team.quiet !== "looking") return;
  team.quiet = null;
  dropTimer(team, "look");
}
