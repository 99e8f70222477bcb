// A program that makes a Bash call and is really killed in the middle of it.
import { expect } from "vitest";
import { type JsonValue, jsonValue } from "../../src/protocol/json.ts";
import type { TestWorkspace } from "./workspace.ts";

export interface CrashPlan {
  command: string;
  space: TestWorkspace;
  killAt: "prepared" | "running";
  /** In the background, with this time limit. */
  backgroundMs?: number;
}

/** Starts the program, kills it without mercy once it says `killAt`, and returns the evidence of its call. */
export async function crashInCall({ command, space, killAt, backgroundMs }: CrashPlan): Promise<JsonValue> {
  const program = new URL("./bash_caller.ts", import.meta.url).pathname;
  const background = backgroundMs === undefined ? [] : ["background", String(backgroundMs)];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, space.dir, space.effects, command, killAt, ...background],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(`${killAt}\n`)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the caller ended early: ${text}`);
    text += value;
  }
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  return jsonValue.parse(JSON.parse(text.split("\n")[0] ?? ""));
}

/** Waits until it is so, for a minute at most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < 6000 && !(await condition()); poll++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await condition()).toBe(true);
}
