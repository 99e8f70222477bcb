// The demo task: four real tool calls, then a summary of what their results really said.
import { type Answer, type CallResult, say, type Turn } from "./turn.ts";

/** The message that starts the demo; the note is written into `scratchDir`, which the session must be allowed to use. */
export function demoPrompt(scratchDir: string): string {
  const note = `${scratchDir.replace(/[/\\]+$/, "")}/jamey-demo.txt`;
  return `Demo task: list the files here, read README.md, run a command, write a note to ${
    JSON.stringify(note)
  }, then say what you found.`;
}

/** The path of the note when a message is the demo task, else null. */
export function findDemo(prompt: string): string | null {
  const found = /^Demo task: .* write a note to ("(?:[^"\\]|\\.)*")/.exec(prompt);
  if (found?.[1] === undefined) return null;
  const path: unknown = JSON.parse(found[1]);
  return typeof path === "string" ? path : null;
}

/** The next step of the demo: list, read, run, write, then the summary. */
export function playDemo(notePath: string, turn: Turn): Answer {
  const [listed, read, ran, wrote] = turn.rounds.map((round) => round[0]);
  switch (turn.rounds.length) {
    case 0:
      return {
        text: "First I list the files of this folder.",
        calls: [{ name: "Glob", args: { pattern: "*" } }],
      };
    case 1:
      return {
        text: "Now I read the README.",
        calls: [{ name: "Read", args: { file_path: "README.md", limit: 40 } }],
      };
    case 2:
      return {
        text: "Now I run a command.",
        calls: [{ name: "Bash", args: { command: demoCommand, description: "Greet from the shell" } }],
      };
    case 3:
      return {
        text: "Now I write down what I found.",
        calls: [{ name: "Write", args: { file_path: notePath, content: findings(listed, read, ran) } }],
      };
    default:
      return say(
        `Done. What the tools really said:\n\n${findings(listed, read, ran)}- Note: ${
          told(wrote, () => `written to ${notePath}`)
        }\n\nThis was the scripted offline provider: the tools ran, no model was asked.`,
      );
  }
}

const demoCommand = 'echo "Hello from the shell of $(uname -s)"';

function findings(listed?: CallResult, read?: CallResult, ran?: CallResult): string {
  return [
    `- Files: ${told(listed, countFiles)}`,
    `- README: ${told(read, (output) => `its title is "${titleOf(output)}"`)}`,
    `- Command: ${told(ran, (output) => `it printed "${firstLine(output)}"`)}`,
    "",
  ].join("\n");
}

/** What a result says, or that there is none and why. */
function told(result: CallResult | undefined, tell: (output: string) => string): string {
  if (result === undefined) return "there is no result";
  return result.isError ? `${result.name} did not succeed: ${firstLine(result.output)}` : tell(result.output);
}

function countFiles(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "" && line !== "No files found");
  const [first] = lines;
  return first === undefined ? "none listed" : `${lines.length} listed, the first is "${first.trim()}"`;
}

/** The first heading, else the first line with text; numbers in front of lines are those of the Read tool. */
function titleOf(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(/^\s*\d+(?:\t|→)/, "").trim());
  const heading = lines.find((line) => /^#+\s/.test(line)) ?? lines.find((line) => line !== "") ?? "";
  return heading.replace(/^#+\s*/, "");
}

/** The longest line that is quoted from a result. */
const quotedCharsMax = 200;

function firstLine(output: string): string {
  const line = output.split("\n").map((one) => one.trim()).find((one) => one !== "") ?? "nothing";
  return line.length > quotedCharsMax ? `${line.slice(0, quotedCharsMax)}…` : line;
}
