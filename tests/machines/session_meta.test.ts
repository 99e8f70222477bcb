// What a session is, folded from its own facts.
import { expect, it } from "vitest";
import { foldMeta } from "../../machines/session_meta.ts";
import type { Fact } from "../../src/protocol/facts.ts";

const created: Fact = {
  seq: 1,
  at: "2026-01-01T00:00:00.000Z",
  v: 1,
  actor: "main",
  type: "session.created",
  data: {
    session_id: "s",
    workspace: "/w",
    add_dirs: [],
    provider: "p",
    model: "m",
    agent_mode: "single",
    permission_mode: "default",
    machine_version: "v",
  },
};

it("a hook that is registered again by the same call is there once", () => {
  const hook = (command: string): Fact => ({
    ...created,
    type: "hook.registered",
    data: { event: "Stop", command, by: "agent" },
  });
  const facts = [created, hook("a"), hook("a"), hook("b")];
  const meta = facts.reduce((before, fact) => foldMeta(before, fact), foldMeta(null, created));
  expect(meta?.hooks.map(({ command }) => command)).toEqual(["a", "b"]);
});
