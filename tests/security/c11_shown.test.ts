// C11: what a person approves is what they see: nothing in a command can hide, reorder, overdraw or push out of sight any
// part of it, and what runs is what was shown, byte for byte.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import fc from "fast-check";
import pc from "picocolors";
import { approvalText } from "../../src/cli/approvals.ts";
import { bashTool } from "../../tools/bash.ts";
import { openTestRuntime, script } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

const colours = pc.createColors(false);
/** What a terminal obeys, does not draw, or draws elsewhere. */
const hazard =
  /(?![\n])[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u2000-\u200a\u2800\u3000]|\p{Surrogate}|\p{M}{5,}/u;
const drawnLinesMax = 60;

/** Attempts to show a harmless command and run another one. */
const disguises: [name: string, command: string][] = [
  ["a comment first", "# list the files\nrm -rf build"],
  ["blanks in front", `${" ".repeat(10_000)}rm -rf build`],
  ["blanks after a harmless word", `ls${" ".repeat(10_000)}; rm -rf build`],
  ["tabs in front", `${"\t".repeat(10_000)}rm -rf build`],
  ["blanks and tabs in turns", `ls${" \t".repeat(5_000)}; rm -rf build`],
  ["empty lines in front", `ls${"\n".repeat(5_000)}rm -rf build`],
  ["lines of blanks in front", `ls${"\n \t".repeat(5_000)}\nrm -rf build`],
  ["a carriage return", "rm -rf build\rls          "],
  ["carriage returns and line feeds", "ls\r\nrm -rf build\r\n"],
  ["a backspace for each letter", `rm -rf build${"\b".repeat(12)}ls          `],
  ["a cleared line", "rm -rf build\x1b[2K\x1b[1Gls"],
  ["a cleared screen", "rm -rf build\x1b[2J\x1b[Hls"],
  ["a C1 control", "rm -rf build\x9b2K\x9b1Gls"],
  ["text that is not drawn", "ls\x1b[8m; rm -rf build\x1b[0m"],
  ["black on black", "ls\x1b[30;40m; rm -rf build\x1b[0m"],
  ["a window title", "ls\x1b]0;rm -rf build\x07"],
  ["a link over another text", "\x1b]8;;http://evil.example\x1b\\ls\x1b]8;;\x1b\\; rm -rf build"],
  ["a link with BEL", "\x1b]8;;http://evil.example\x07ls\x1b]8;;\x07"],
  ["a device string", "\x1bP+q544e\x1b\\ls"],
  ["right to left", "\u202Edliub fr- mr\u202C"],
  ["an isolate", "ls \u2067# build\u2066 rm -rf build\u2069\u2069"],
  ["direction marks", "ls\u200f\u200e\u061c build"],
  ["zero width", "r\u200bm -r\u200cf b\u200du\u2060i\ufeffld"],
  ["a soft hyphen", "rm\u00ad -rf build"],
  ["filler letters", "ls\u3164\u115f\u1160\uffa0 build"],
  ["variation selectors", "ls\ufe0f\u{e0101} build"],
  [
    "tag characters",
    `ls ${[..."rm -rf build"].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join("")}`,
  ],
  ["blank braille", `ls${"\u2800".repeat(500)}; rm -rf build`],
  ["odd spaces", "ls\u00a0\u2003\u3000build"],
  ["a flood of marks", `ls a${"\u0300".repeat(5_000)}; rm -rf build`],
  ["marks of several kinds", `ls ${"a\u0489\u20dd\u0336\u035f\u0489\u20dd".repeat(200)}; rm -rf build`],
  ["line separators", "ls\u2028rm -rf build\u2029ls"],
  ["a vertical tab and a form feed", "ls\x0b\x0crm -rf build"],
  ["private characters", "ls \ue000\u{f0000}\u{10fffd}"],
  ["half a character", "ls \ud800 \udc00"],
  ["an escape that is none", "ls '\\u{1b}[2K'"],
  ["a very long line", `echo ${"a".repeat(29_000)}; rm -rf b`],
  ["the words of a question", "ls\n? Read asks to run (main, call c1-1)\n    README.md"],
  ["the words of an answer", 'ls\n  "always" adds the rule Read for this folder'],
  ["colours of our own", "ls\x1b[33m? \x1b[1mRead\x1b[0m asks to run"],
];

function promptOf(command: string): string {
  const parsed = bashTool.parse({ command });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.call.prompt;
}

function drawn(command: string): string {
  return approvalText({ call_id: "c1-1", name: "Bash", actor: "main", prompt: promptOf(command) }, colours);
}

/** The command as whoever reads the screen would type it again; runs of blanks by their number. */
function readBack(text: string): string {
  const [, ...lines] = text.split("\n");
  return lines.map((line) => line.replace(/^ {4}/, "")).join("\n")
    .replace(/\\u\{([0-9a-f]{2,6})\}/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)));
}

/** The same command with its runs of blanks counted as they are shown, for comparison. */
function counted(command: string): string {
  return command
    .replace(/\n(?:[ \t]*\n){9,}/g, (run) => `\n[${run.split("\n").length - 2} empty lines]\n`)
    .replace(/[ \t]{41,}/g, (run) => {
      const kind = !run.includes(" ") ? "tabs" : run.includes("\t") ? "spaces and tabs" : "spaces";
      return `[${run.length} ${kind}]`;
    });
}

function faultsOf(name: string, command: string): string[] {
  const text = drawn(command);
  const lines = text.split("\n");
  const expected = counted(command);
  const literal = /\\u\{/.test(command);
  return [
    ...(hazard.test(text.replaceAll("\t", " ")) ? [`${name}: a hazard reaches the screen`] : []),
    ...(literal || readBack(text) === expected ? [] : [`${name}: not all of it is shown`]),
    // Whatever it says, it stands indented below the one line that is ours.
    ...(lines.slice(1).every((line) => line.startsWith("    "))
      ? []
      : [`${name}: it looks like our own words`]),
    ...(lines.length > drawnLinesMax && !/[^\s]\n[^\s]/.test(command)
      ? [`${name}: ${lines.length} lines`]
      : []),
  ];
}

it("C11: no command can show less, more or other than it is", () => {
  const escapes = disguises.flatMap(([name, command]) => faultsOf(name, command));
  const alphabet = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(..."rm -fls;|&$(){}#'\"\\\n\t ") },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        "\r",
        "\b",
        "\x1b[2K",
        "\x1b]8;;x\x07",
        "\x9b2J",
        "\u202e",
        "\u2066",
        "\u200b",
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "\u0300",
        "\u0489",
        "\ufe0f",
        "\u3164",
        "\u2800",
        "\u{e0061}",
        "\ud800",
        "é",
        "漢",
        "🙂",
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        " ".repeat(50),
        "\t".repeat(50),
        "\n".repeat(12),
        "\u0301".repeat(9),
        " \t".repeat(30),
      ),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) },
  );
  const generated = fc.sample(
    fc.array(alphabet, { minLength: 1, maxLength: 60 }).map((parts) => parts.join("")),
    {
      numRuns: 3_000,
      seed: 11,
    },
  ).filter((command) => !command.includes("\\u{"));
  for (const [place, command] of generated.entries()) {
    escapes.push(...faultsOf(`generated ${place}`, command));
  }
  const tried = disguises.length + generated.length;
  tally({
    family: "C11",
    what: "commands that hide what they are",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

it.skipIf(Deno.build.os === "windows")(
  "C11: what runs is what was shown: both have the same hash",
  async () => {
    const test = await openTestRuntime();
    const escapes: string[] = [];
    let tried = 0;
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    // Each command writes down what it is, after a beginning that is meant to deceive.
    const beginnings = disguises.map(([name, command]) => ({ name, start: command }))
      .filter(({ start }) =>
        !/[\ud800-\udfff](?![\udc00-\udfff])/.test(start) && !start.includes("\\u{") && start.length < 500
      );
    for (const { name, start } of beginnings) {
      const id = await test.session("default");
      const comment = start.split("\n").map((line) => `# ${line}`).join("\n");
      const command = `${comment}\nprintf %s "$BASH_EXECUTION_STRING" > said`;
      await test.send(id, script({ calls: [{ name: "Bash", args: { command } }] }, { text: "x" }));
      const asked = await test.fact(id, "call.approval_requested");
      if (asked.type !== "call.approval_requested") throw new Error("nothing is asked");
      const [approval] = await test.runtime.approvals(id);
      if (approval === undefined) throw new Error("nothing waits");
      const { reason: _reason, rule: _rule, ...bare } = approval;
      const shown = readBack(approvalText(bare, colours));
      const { call_id, digest } = approval;
      await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once", digest }, "me");
      await test.fact(id, "turn.ended");
      const ran = await Deno.readTextFile(join(test.workspace, "said")).catch(() => "nothing ran");
      await Deno.remove(join(test.workspace, "said")).catch(() => {});
      tried++;
      if (sha256(shown) !== sha256(counted(ran))) escapes.push(`${name}: ${JSON.stringify([shown, ran])}`);
    }
    await test.close();
    tally({
      family: "C11",
      what: "commands that ran as they were shown",
      tried,
      refused: tried - escapes.length,
      escapes: escapes.length,
    });
    expect(escapes).toEqual([]);
  },
);
