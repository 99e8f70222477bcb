// Looks for a pattern in the content of one file after the other, in turns, so that others run meanwhile.
import type { FileContent } from "./folder_reader.ts";
import { requiredText } from "./pattern_bytes.ts";
import { compilePattern } from "./pattern_matcher.ts";
import type { Pattern } from "./pattern_syntax.ts";

/** A NUL in this many first bytes marks a binary file, which is not searched. */
const binaryProbeBytes = 8192;
/** How long this may go on before others get their turn. */
const turnMs = 10;
const linesBetweenLooks = 64;
const longLineChars = 10_000;

export interface FoundLines {
  lines: string[];
  /** Indexes of the lines that fit; at least one. */
  hits: number[];
}

export interface Look {
  /** Null when nothing is found. Throws once the signal is aborted. */
  into(content: FileContent, shown: string): Promise<FoundLines | null>;
  note(text: string): void;
  notes(): string[];
}

export function startLook(
  source: string,
  pattern: Pattern,
  { ignoreCase, isFirstEnough, signal }: { ignoreCase: boolean; isFirstEnough: boolean; signal: AbortSignal },
): Look {
  const matches = compilePattern(source, { ignoreCase });
  const needed = requiredText(pattern);
  const decoder = new TextDecoder();
  const notes = new Set<string>();
  const note = (text: string) => void notes.add(`[${text}]`);
  const rest = restNow(signal);

  async function matchLines(lines: readonly string[]): Promise<number[]> {
    const hits: number[] = [];
    for (const [index, line] of lines.entries()) {
      const verdict = matches(line);
      if (verdict === "too costly") note("some lines were too costly to match: simplify the pattern");
      if (verdict === "fits") hits.push(index);
      if (isFirstEnough && hits.length > 0) break;
      if (index % linesBetweenLooks === linesBetweenLooks - 1 || line.length > longLineChars) {
        if (rest.isDue()) await rest.take();
      }
    }
    return hits;
  }

  return {
    note,
    notes: () => [...notes],
    async into(content, shown) {
      if (rest.isDue()) await rest.take();
      if (content === "too large") note(`not searched, it is too large: "${shown}"`);
      if (content === null || content === "too large") return null;
      if (content.subarray(0, binaryProbeBytes).includes(0)) return null;
      const text = decoder.decode(content);
      if (needed !== null && !text.includes(needed)) return null;
      const lines = splitLines(text);
      const hits = await matchLines(lines);
      return hits.length === 0 ? null : { lines, hits };
    },
  };
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
}

/** When this has taken its turn, and how others get theirs; throws once aborted. */
function restNow(signal: AbortSignal): { isDue(): boolean; take(): Promise<void> } {
  let turnEnds = performance.now() + turnMs;
  return {
    isDue: () => performance.now() >= turnEnds,
    async take() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal.throwIfAborted();
      turnEnds = performance.now() + turnMs;
    },
  };
}
