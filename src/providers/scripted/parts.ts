// Scripts for several agents: a message or the instructions of an agent say what each of them, by its name, is to answer each
// time it is asked. So teams and modes can be played without a model.
import type { Message, ModelRequest } from "../../protocol/conversation.ts";
import { isAsked } from "./turn.ts";

/** The longest block that is read. */
const blockCharsMax = 1_000_000;

/**
 * The script of this agent for what it is asked now: from a fenced block that is opened by `parts:` and holds
 * `{"NAME": [SCRIPT, ...]}`, in the first message to it (the last block there) or in its instructions. Its name is the one
 * by which the system prompt calls it; the script is the one at the place of the question, the last one from then on.
 * Null when there is none for it.
 */
export function findPart(request: ModelRequest): string | null {
  const [, name] = /^You are called "([^"\n]{1,200})"/m.exec(request.system) ?? [];
  if (name === undefined) return null;
  const asked = request.messages.filter(isAsked);
  for (const text of [textOf(asked[0]), request.system]) {
    const scripts = scriptsFor(name, text);
    const script = scripts?.[Math.min(asked.length, scripts.length) - 1];
    if (script !== undefined) return JSON.stringify(script);
  }
  return null;
}

function textOf(message: Message | undefined): string {
  return message?.role === "user" ? message.text : "";
}

function scriptsFor(name: string, text: string): unknown[] | undefined {
  const block = [...text.slice(-blockCharsMax).matchAll(/```parts:([\s\S]*?)```/g)].at(-1)?.[1];
  if (block === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(block);
    const own: unknown = typeof parts === "object" && parts !== null
      ? Object.entries(parts).find(([key]) => key === name)?.[1]
      : undefined;
    return Array.isArray(own) ? own : undefined;
  } catch {
    return undefined;
  }
}
