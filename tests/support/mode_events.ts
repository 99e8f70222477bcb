// What the machine of a mode may be told, for tests that walk through all of its states.
import type { AnyEventObject } from "xstate";

/** A run of a mode with these members: each may fail so often and begin again, and rounds are two. */
const seq = 1;
const run = "main/mode:1";
const at = "2026-01-01T00:00:00.000Z";
export const modeInput = (members: [name: string, part: string][], restarts = 1) => ({
  actor: run,
  seq,
  at,
  data: {
    settings: {
      members: members.map(([name, part]) => ({ name, part })),
      rounds_max: 2,
      restart: { max: restarts, backoff_ms: 1 },
    },
  },
});
export function modeEvents(names: string[]): AnyEventObject[] {
  const own = names.flatMap((name): AnyEventObject[] => {
    const child = `${run}/agent:${name}`;
    return [
      ...["completed", "failed"].map((outcome) => ({
        type: "child.rested",
        seq,
        at,
        child,
        outcome,
      })),
      { type: "timer.fired", seq, at, timer_id: `${run}#${name}.1` },
      ...[name === "x" ? "approve" : "agree", "none"].map((verdict) => ({
        type: "mode.said",
        seq,
        at,
        data: { member: name, verdict },
      })),
    ];
  });
  const [first = ""] = names;
  return [
    ...own,
    { type: "child.ended", seq, at, child: `${run}/agent:${first}`, how: "stopped" },
    { type: "child.began", seq, at, child: `${run}/agent:${first}` },
    ...["mode.member_failed", "mode.round_ended", "mode.finished"].map((type) => ({
      type,
      seq,
      at,
      data: {},
    })),
    ...["cancelled", "limit"].map((outcome) => ({ type: "turn.cancelled", seq, at, outcome })),
    { type: "session.forked", seq, at },
  ];
}
