import { expect, it } from "vitest";
import { createCrew } from "../../machines/crew.ts";
import { foldTranscript } from "../../machines/transcript.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import { usageOf } from "../../actors/agent_usage.ts";

const at = "2026-01-01T00:00:00.000Z";
const numbered = (drafts: readonly FactDraft[]): Fact[] =>
  drafts.map((draft, place): Fact => ({ ...draft, seq: place + 1, at, v: 1 }));
const agent = (path: string, parent: string): FactDraft => ({
  actor: path,
  type: "agent.started",
  data: { agent: path, parent, description: "d", prompt: "p" },
});
const team = (path: string, parent: string): FactDraft => ({
  actor: path,
  type: "team.started",
  data: {
    team: "t",
    name: "t",
    goal: "g",
    parent,
    by: "model",
    wait: "foreground",
    milestones: [],
    members: [{ name: "ann", prompt: "p" }],
    restart: { max: 0, backoff_ms: 0 },
  },
});
const replied = (actor: string, tokens: number): FactDraft => ({
  actor,
  type: "model.replied",
  data: {
    request_id: `r-${actor}-${tokens}`,
    text: "hello",
    calls: [],
    stop_reason: "stop",
    usage: { input_tokens: tokens, output_tokens: 1 },
  },
});
const tree = [
  agent("main/agent:a", "main"),
  team("team:t", "main/agent:a"),
  agent("team:t/agent:ann", "team:t"),
  agent("main/agent:b", "main"),
];

it("who is above and below an actor is known across teams", () => {
  const crew = createCrew();
  for (const fact of numbered(tree)) crew.apply(fact);
  expect([...crew.line("team:t/agent:ann")]).toEqual(["team:t/agent:ann", "team:t", "main/agent:a", "main"]);
  expect([...crew.upwards("team:t/agent:ann")].map(({ path }) => path)).toEqual([
    "team:t/agent:ann",
    "main/agent:a",
  ]);
  expect([...crew.below("main/agent:a")]).toEqual(["main/agent:a", "team:t", "team:t/agent:ann"]);
  expect([...crew.below("main")]).toHaveLength(5);
  expect([...crew.below("nobody")]).toEqual(["nobody"]);
});

it("what an agent used is what it and all below it were answered, and nobody else", () => {
  const facts = numbered([
    ...tree,
    replied("main", 1_000),
    replied("main/agent:a", 10),
    replied("team:t/agent:ann", 200),
    replied("main/agent:b", 5),
  ]);
  const transcript = foldTranscript(facts);
  expect(usageOf("main/agent:a", at, transcript)).toMatchObject({ input_tokens: 210, model_calls: 2 });
  expect(usageOf("main/agent:b", at, transcript)).toMatchObject({ input_tokens: 5, model_calls: 1 });
});
