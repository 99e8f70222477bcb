// The prompt of `jamey run`: words, a pipe, or both.
import { messageTextMax } from "../protocol/commands.ts";
import { Problem } from "../protocol/problem.ts";
import { fstatSync } from "node:fs";
import type { Input } from "./command.ts";

/** With words given, a pipe that stays silent for this long is somebody else's; without words it is waited for. */
const silentPipeMs = 1_000;

/** Words first, then what was piped. Throws a Problem when there is neither, or too much. */
export async function readPrompt(input: Input, isTerminal: boolean): Promise<string> {
  const words = [input.text("prompt"), ...input.args].filter((word) =>
    word !== undefined && word !== "" && word !== "-"
  );
  const given = words.join(" ");
  const mayBeLeftOut = given !== "" && !input.args.includes("-");
  const piped = isTerminal || (mayBeLeftOut && !isPipeOrFile()) ? "" : await readStdin(mayBeLeftOut);
  const prompt = [given, piped.trimEnd()].filter((part) => part !== "").join("\n\n");
  if (prompt.trim() === "") {
    const empty = !isTerminal && given === "";
    throw new Problem(empty ? "bad_request" : "usage", 'Cannot run "jamey run": the prompt is empty', {
      hint: 'Write it as in: jamey run "What does this project do?", or pipe it in',
    });
  }
  return prompt;
}

/** Not `/dev/null`, not a closed descriptor: something that may hold text. */
function isPipeOrFile(): boolean {
  try {
    const info = fstatSync(0);
    return info.isFIFO() || info.isFile();
  } catch {
    return false;
  }
}

async function readStdin(mayBeSilent: boolean): Promise<string> {
  const reader = Deno.stdin.readable.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let timer: number | undefined;
  const silence = new Promise<{ done: true; value: undefined }>((resolve) => {
    if (mayBeSilent) {
      timer = Number(setTimeout(() => resolve({ done: true, value: undefined }), silentPipeMs));
    }
  });
  for (let first = true;; first = false) {
    const { done, value } = await (first ? Promise.race([reader.read(), silence]) : reader.read());
    clearTimeout(timer);
    if (done) break;
    text += decode(decoder, value);
    if (text.length <= messageTextMax) continue;
    throw new Problem(
      "payload_too_large",
      `Cannot read the prompt: it is longer than ${messageTextMax} characters`,
      {
        hint: "Save it as a file and ask the agent to read that",
      },
    );
  }
  return text;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    throw new Problem("bad_request", "Cannot read the prompt: what was piped in is not UTF-8 text", {
      hint: "Save it as a file and ask the agent to read that",
    });
  }
}
