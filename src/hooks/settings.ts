// What hooks look like: in the user's configuration, and in settings files in the format that such files have elsewhere.
import { z } from "zod";
import { type HookEvent, hookEvent } from "../protocol/work_facts.ts";

export const hooksMax = 64;
export const commandCharsMax = 10_000;
export const timeoutDefaultS = 10;
export const timeoutMaxS = 600;

/** One hook. Without a matcher, or with "*", it hears of every tool. */
export const hookSettings = z.object({
  event: hookEvent,
  matcher: z.string().optional(),
  command: z.string().min(1).max(commandCharsMax),
  timeoutS: z.number().positive().max(timeoutMaxS).optional(),
});
export type HookSettings = z.infer<typeof hookSettings>;

/** `{"hooks": {"PreToolUse": [{"matcher": "Bash|Write", "hooks": [{"type": "command", "command": "...", "timeout": 10}]}]}}` */
const fileShape = z.object({
  hooks: z.record(
    z.string(),
    z.array(z.object({
      matcher: z.string().optional(),
      hooks: z.array(z.looseObject({
        type: z.string(),
        command: z.string().max(commandCharsMax).optional(),
        timeout: z.number().positive().optional(),
      })),
    })),
  ).optional(),
});

export interface HookFile {
  hooks: HookSettings[];
  /** All of its part about hooks, as text: what is approved. Empty when it has none. */
  text: string;
  /** What is in there and cannot be used. */
  notes: string[];
}

/** Throws when the text is not a settings file. */
export function parseHookFile(text: string): HookFile {
  const json: unknown = JSON.parse(text);
  const { hooks: events = {} } = fileShape.parse(json);
  const notes: string[] = [];
  const found = Object.entries(events).flatMap(([event, groups]) => {
    const known = hookEvent.safeParse(event);
    if (!known.success) {
      notes.push(`"${event}" is no event, known are ${hookEvent.options.join(", ")}`);
      return [];
    }
    return groups.flatMap(({ matcher, hooks }) =>
      hooks.flatMap((hook) => readHook(hook, { event: known.data, matcher }, notes))
    );
  });
  if (found.length > hooksMax) {
    throw new Error(`it has ${found.length} hooks, at most ${hooksMax} are allowed`);
  }
  return { hooks: found, text: Object.keys(events).length === 0 ? "" : sectionText(json), notes };
}

/** The hooks of a part as `HookFile.text` gives it. */
export function parseHookSection(text: string): HookSettings[] {
  return parseHookFile(`{"hooks":${text}}`).hooks;
}

function readHook(
  { type, command, timeout }: { type: string; command?: string | undefined; timeout?: number | undefined },
  { event, matcher }: { event: HookEvent; matcher: string | undefined },
  notes: string[],
): HookSettings[] {
  if (type !== "command" || command === undefined || command === "") {
    notes.push(`a hook of ${event} has type "${type}" or no command, only commands are run`);
    return [];
  }
  return [{
    event,
    command,
    ...(matcher === undefined ? {} : { matcher }),
    timeoutS: Math.min(timeout ?? timeoutDefaultS, timeoutMaxS),
  }];
}

/** The part as it stands in the file, with whatever else is in there. */
function sectionText(json: unknown): string {
  const { hooks } = z.object({ hooks: z.unknown() }).parse(json);
  return JSON.stringify(hooks, null, 2);
}
