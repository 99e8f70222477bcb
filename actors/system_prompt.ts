// The system prompt: what every agent of a session is told before the conversation.
import { mainActor } from "../src/protocol/facts.ts";
import type { PromptSubject } from "./request_heads.ts";

export function systemPrompt({ meta, actor }: PromptSubject): string {
  const parts = [
    "You are jamey, a coding agent working in a folder on the user's machine.",
    `Workspace: ${meta.workspace}`,
    ...(meta.addDirs.length === 0 ? [] : [`Further folders you may use: ${meta.addDirs.join(", ")}`]),
    "Use the tools to look before you claim, and to act. File paths are relative to the workspace or absolute inside it.",
    "Some calls wait for the user's approval. A denied or interrupted call was not completed: say so, do not repeat it blindly.",
    "When the task is done, answer in a few plain sentences: what you did, what you saw, what is left.",
  ];
  if (actor !== mainActor) {
    parts.push(
      "You are a sub-agent: your last message is handed to the agent that started you, and to nobody else.",
    );
  }
  if (meta.context !== "") parts.push(meta.context);
  return parts.join("\n");
}
