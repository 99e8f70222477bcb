// Facts whose every string is written by somebody hostile, through every picture that the command line draws of them.
import { expect, test } from "vitest";
import pc from "picocolors";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import { factData } from "../../src/protocol/facts.ts";
import { createChatView } from "../../src/cli/chat_view.ts";
import { createLiveView } from "../../src/cli/live_view.ts";
import { renderEvent } from "../../src/cli/render.ts";
import { drawStory } from "../../src/cli/replay_story.ts";
import { openRunOutput } from "../../src/cli/run_output.ts";
import { tellStory } from "../../src/cli/story.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

const evil = "x\x1b]0;owned\x07\x1b[2J\r\n\u202Etxt\u0085y";
// deno-lint-ignore no-control-regex
const hazards = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;
const colours = pc.createColors(false);

const keys = Object.values(factData).flatMap(({ shape }) => Object.keys(shape));
/** Every field that any fact has, as a string, a list and an object that holds it. */
const shapes: EventEnvelope["data"][] = [
  Object.fromEntries(keys.map((key) => [key, evil])),
  Object.fromEntries(keys.map((key) => [key, [evil, { [evil]: evil }]])),
  {
    ...Object.fromEntries(keys.map((key) => [key, evil])),
    args: { [evil]: evil },
    error: { code: evil, message: evil },
    instead_of: { provider: evil, model: evil, error: { code: evil, message: evil } },
    usage: { input_tokens: evil, output_tokens: evil },
  },
];

function terminalTo(lines: string[]): Terminal {
  const write = (text: string) => void lines.push(text);
  return {
    write,
    line: write,
    json: () => {},
    talk: write,
    warn: write,
    colours,
    talkColours: colours,
    outIsTerminal: true,
    inIsTerminal: false,
    columns: 100,
  };
}

test("whatever stands in a fact, no picture of it can command the terminal", () => {
  const at = "2026-01-01T00:00:00.000Z";
  const types = [...Object.keys(factData), `unknown.${evil}`];
  const events = types.flatMap((type, i) =>
    shapes.flatMap((data) =>
      ["main", `main/agent:${evil}`].map((actor) => ({ seq: i + 1, at, actor, type, v: 1, data }))
    )
  );
  const drawn: string[] = [];
  const terminal = terminalTo(drawn);
  const chat = createChatView(terminal, { typedHere: () => false });
  const live = createLiveView(terminal);
  // Only the parts that are for the output are used.
  const context = { terminal, json: false, quiet: false, version: "0" } as Parameters<
    typeof openRunOutput
  >[0];
  const run = openRunOutput(context, "text");
  for (const event of events) {
    drawn.push(renderEvent(event, { colours, columns: 100 }));
    for (const view of [chat, live, run]) view.event(event);
  }
  const frame = { actor: evil, of_seq: 1, offset: 0, text: evil };
  for (const view of [chat, live, run]) view.delta({ type: "delta", ...frame });
  for (const view of [chat, run]) view.notice({ type: "notice", ...frame });
  drawn.push(drawStory(tellStory(events), { colours, columns: 100 }));
  expect(drawn.filter((text) => hazards.test(text))).toEqual([]);
  expect(drawn.join("")).toContain("\\x1b");
  console.log(
    `hostile facts: ${events.length} events in ${drawn.length} pieces of output, none commands the terminal`,
  );
});
