import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AnalysedCommand, openShell } from "../../src/permission/shell/analyse.ts";
import { carefulRules, openDecision } from "../support/shell_decision.ts";
import { runInOracle } from "../support/shell_oracle.ts";
import { tally } from "../support/tally.ts";

const generated = 12_000;
const runMax = 900;
const allowedPrograms = ["ls", "cat", "echo", "git", "rg", "grep", "find", "npm", "sed", "sort"];
const others = [
  "rm",
  "curl",
  "evil",
  "sh",
  "bash",
  "env",
  "xargs",
  "tee",
  "awk",
  "python3",
  "printf",
  "test",
  "true",
];

/** Pieces of the grammar, put together without any sense for what belongs together. */
const pieces = fc.constantFrom(
  ..."ls,cat,echo,git log,git status,rg x,find .,sort,npm run test,sed -n 1p,rm x,curl,evil,sh,env,x,a,b"
    .split(","),
  ..."-la,-o,--pre=evil,--output=y,-exec,-delete,-n,--,{},\\;,'x y',\"x y\",$X,${X},$(evil),`evil`,$'\\x41',~"
    .split(","),
  ...[
    "{a",
    "a,b}",
    "{",
    "}",
    ",",
    "..",
    "{x,y}",
    "*",
    "?",
    "[a]",
    "[",
    "]",
    "!",
    "=",
    "X=1",
    "#",
    "a#",
    "\\",
    "'",
    '"',
    "$",
  ],
  ...[
    ";",
    "&&",
    "||",
    "|",
    "&",
    "|&",
    ";;",
    "\n",
    "\\\n",
    "\t",
    " ",
    " ",
    " ",
    " ",
    " ",
    "(",
    ")",
    "<",
    ">",
    "<<",
    "<<<",
  ],
  ...[
    "2>&1",
    ">/dev/null",
    "2>/dev/null",
    "</dev/null",
    "> y",
    ">&y",
    "<<E\nevil\nE\n",
    "<(evil)",
    "\r",
    "\u00a0",
    "é",
  ],
  ...[
    "if",
    "then",
    "fi",
    "time",
    "coproc",
    "function",
    "for",
    "do",
    "done",
    "eval",
    "exec",
    "alias ls=evil",
    "[[",
    "]]",
  ],
);
const soup = fc.array(pieces, { minLength: 1, maxLength: 14 }).map((parts) => parts.join(""));

/** Commands that make sense, with words and separators that are easily misread. */
const word = fc.oneof(
  fc.constantFrom(
    "a",
    "-l",
    "--stat",
    "'a b'",
    '"a b"',
    "a\\ b",
    "a'b'c",
    '"a"b',
    "a\\;b",
    "a#b",
    "'$X'",
    "'`evil`'",
    "\\$X",
  ),
  fc.constantFrom(
    "{}",
    "@{u}",
    "a{b}c",
    "a=b",
    "!",
    "~",
    "~/a",
    "a~",
    "'*'",
    "\\*",
    "''",
    '""',
    "\\'",
    '\\"',
    '"\\$"',
    '"\\""',
  ),
  fc.constantFrom(
    "\\\n",
    "a\\\nb",
    '"a\\\nb"',
    "'a\\\nb'",
    '"a\nb"',
    "'a;evil'",
    '"a|evil"',
    "a,b",
    "%s",
    "100",
    "é",
    "2>&1",
  ),
  fc.constantFrom(
    "{a,b}",
    "$X",
    "$(evil)",
    "`evil`",
    ">y",
    "<y",
    "*",
    "[a]",
    "\\",
    "'",
    '"',
    "#a",
    "-o",
    "--pre=evil",
  ),
);
const start = fc.constantFrom(
  ..."ls,cat,echo,git log,git status,git diff,rg,grep,find,npm run test,sed -n,sort,l\\s,'ls',\"cat\",ec''ho,evil,rm"
    .split(","),
);
const separator = fc.constantFrom(
  ";",
  " ; ",
  "\n",
  " && ",
  "&&",
  " || ",
  "|",
  " | ",
  " &&\n",
  "|\n",
  " # a\n",
  "\n#a\n",
  " & ",
  "\\\n;",
  "\n\n",
);
const simple = fc.tuple(start, fc.array(word, { maxLength: 4 })).map(([first, words]) =>
  [first, ...words].join(" ")
);
const list = fc.array(fc.tuple(simple, separator), { minLength: 1, maxLength: 4 })
  .map((parts) =>
    parts.map(([command, after], index) => index < parts.length - 1 ? command + after : command).join("")
  );

let folder = "";
beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-oracle-" });
});
afterAll(() => Deno.remove(folder, { recursive: true }));

it("whatever rules allow, a real bash runs nothing but the words that were judged, and writes no file", async () => {
  const decide = await openDecision(carefulRules);
  const shell = await openShell();
  const sources = fc.sample(
    fc.oneof({ weight: 1, arbitrary: soup }, { weight: 2, arbitrary: list }),
    generated,
  );
  const passed = sources.filter((source) => decide(source) === "allow");
  const allowed = [...new Set(passed)].slice(0, runMax);
  const ran = await runInOracle(allowed, { folder, programs: [...allowedPrograms, ...others] });
  const wrong = allowed.flatMap((source, index) => {
    const { programs = [], files = [] } = ran[index] ?? {};
    const { commands } = shell.analyse(source);
    const foreign = programs.filter((words) => !commands.some((command) => isThis(command, words)));
    return foreign.length > 0 || files.length > 0 ? [{ source, foreign, files }] : [];
  });
  tally({
    family: "C1",
    what: `generated commands; ${allowed.length} were allowed and run by bash`,
    tried: generated,
    refused: generated - passed.length,
    escapes: wrong.length,
  });
  expect(wrong).toEqual([]);
  // Else the rules would hold because nothing is ever allowed.
  expect(allowed.length).toBeGreaterThan(400);
  expect(ran.filter(({ programs }) => programs.length > 0).length).toBeGreaterThan(400);
});

/** The words that were judged, where the shell puts only a home or file names in. */
function isThis({ words }: AnalysedCommand, ran: readonly string[]): boolean {
  if (words.includes(null)) return words[0] === ran[0];
  return words.length === ran.length &&
    words.every((word, index) => word === ran[index] || (word?.startsWith("~") && index > 0));
}
