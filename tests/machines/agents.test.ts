// Stories of agents beside the main one: mail that is refused, and a worktree that is left before the end is told.
import { expect, it } from "vitest";
import { createdData, modelCalled, replied, type Story, tellStory } from "../support/story.ts";

const path = "main/agent:a";
const worktree = { path: "/w/t", branch: "jamey/t", repository: "/w", base: "c", came_from: "/w" };

function withAgent(more: { kind?: "background" | "member"; worktree?: typeof worktree } = {}): Story {
  const story = tellStory();
  story.log("session.created", createdData());
  const data = {
    agent: "a",
    parent: "main",
    description: "",
    prompt: "go",
    call_id: "c1",
    kind: "background",
  } as const;
  story.log("agent.started", { ...data, ...more }, path);
  return story;
}

/** Its one answer, without calls. */
function answers(story: Story): string[] {
  const request = String(story.state.agents[path]?.context.request);
  modelCalled(story, request, path);
  return replied(story, request, path);
}

const mail = (to: string[]) => ({ message_id: "m", from: "main", to, text: "x" });

it("mail to one that has ended or never was is refused, whoever else it is for", () => {
  const story = withAgent();
  expect(story.refuses("team.message_sent", mail(["main/agent:b"]))).toBe('there is no agent "main/agent:b"');
  story.log("team.message_sent", mail([path]));
  story.log("agent.stopped", { agent: "a", reason: "cancelled" }, path);
  expect(story.refuses("team.message_sent", mail([path]))).toBe(`"${path}" has ended`);
  expect(story.refuses("team.message_sent", mail(["main", path]))).toContain("has ended");
});

it("an agent in a worktree is at its end when its turn is over: nothing begins another, and its end is told after it left", () => {
  const story = withAgent({ worktree });
  answers(story);
  expect(story.log("turn.ended", { outcome: "completed", steps: 1 }, path)).toEqual([
    `worktree.leave:${path}`,
  ]);
  expect(story.owed).toContain(`worktree.leave:${path}`);
  expect(story.refuses("team.message_sent", mail([path]))).toContain("has ended");
  const message = { message_id: "p", text: "more", delivery: "steer" } as const;
  expect(story.refuses("message.received", message, path)).toBe(`"${path}" is at its end`);
  const left = { agent: "a", path: "/w/t", branch: "jamey/t", removed: true };
  expect(story.log("agent.worktree_left", left, path)).toEqual([`agent.report:${path}`]);
  expect(story.owed).not.toContain(`worktree.leave:${path}`);
  expect(story.refuses("agent.worktree_left", left, path)).toContain("is reporting");
  story.log("agent.finished", { agent: "a", result: "done" }, path);
  expect(story.status).toBe("thinking");
});

it("a member rests between its turns also in a worktree of its own", () => {
  const story = withAgent({ kind: "member", worktree });
  answers(story);
  expect(story.log("turn.ended", { outcome: "completed", steps: 1 }, path)).toEqual([]);
  story.log("team.message_sent", mail([path]));
  expect(story.refuses("agent.worktree_left", { agent: "a", path: "", branch: "", removed: true }, path))
    .toContain("is running");
});
