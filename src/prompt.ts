// The system prompt of this daemon: instructions, skills and facts of the folder, read when they changed and put together.
import type { PromptSubject, WritePrompt } from "../actors/request_heads.ts";
import { createInstructions } from "./context/instructions.ts";
import type { SkillSet } from "./context/skills.ts";
import { composeSystemPrompt } from "./context/system_prompt.ts";
import { createSystemTemplate } from "./context/system_template.ts";
import { createWorkspaceFacts, factsText, type RunGit } from "./context/workspace_facts.ts";
import type { SecretPlaces } from "./permission/secret_places.ts";
import { mainActor } from "./protocol/facts.ts";

export interface PromptOptions {
  home: string;
  configDir: string;
  /** What is not read although a folder mentions it. */
  secrets?: SecretPlaces | undefined;
  skills: (workspace: string) => Promise<SkillSet>;
  git: RunGit;
  /** Added to the instructions of every session, by the user's configuration and by the folder's settings. */
  extra: (workspace: string) => Promise<string>;
  /** What an agent should know of the sandbox; "" when there is none. */
  sandbox: () => Promise<string>;
  report: (line: string) => void;
}

const factsKept = 500;
const never = new AbortController().signal;

export function createPrompt(options: PromptOptions): WritePrompt {
  const instructions = createInstructions(options);
  const template = createSystemTemplate(options);
  const look = createWorkspaceFacts({ git: options.git, os: Deno.build.os, now: Date.now });
  const known = new Map<string, string>();
  let reported: string | null = null;

  /** Taken once a turn: they would change the beginning of each request, and what the provider has cached with it. */
  async function facts({ meta, actor, since }: PromptSubject): Promise<string> {
    const key = `${meta.sessionId} ${actor} ${since} ${meta.workspace}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const [oldest] = known.keys();
    if (known.size >= factsKept && oldest !== undefined) known.delete(oldest);
    const text = factsText(await look(meta.workspace, never), new Date().toISOString().slice(0, 10));
    known.set(key, text);
    return text;
  }

  return async (subject) => {
    const { meta, actor, planFile, toolNames } = subject;
    const [{ template: words, problem }, { text }, { skills }, extra, about, sandbox] = await Promise.all([
      template(),
      instructions(meta.workspace),
      options.skills(meta.workspace),
      options.extra(meta.workspace),
      facts(subject),
      toolNames.includes("Bash") ? options.sandbox() : "",
    ]);
    if (problem !== null && problem !== reported) options.report(problem);
    reported = problem;
    return composeSystemPrompt({
      template: words,
      workspace: meta.workspace,
      furtherFolders: meta.addDirs,
      facts: about,
      sandbox,
      toolNames,
      skills,
      instructions: [text, extra].filter((part) => part !== "").join("\n\n"),
      context: meta.context,
      permissionMode: meta.permissionMode,
      planFile,
      isSubAgent: actor !== mainActor,
    });
  };
}
