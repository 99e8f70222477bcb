import { expect, it } from "vitest";
import { openShell } from "../../src/permission/shell/analyse.ts";
import { carefulRules, decideOn, openDecision } from "../support/shell_decision.ts";
import { tally } from "../support/tally.ts";

/** What an analysis holds at most: 50 commands and what is found inside of them. */
const foundMax = 1_000;

it("up to 50 commands are judged one by one; more are asked about, and refusals hold among them", async () => {
  const decide = await openDecision(carefulRules);
  const many = (count: number) => Array(count).fill("ls -la").join("; ");
  expect([49, 50, 51, 900].map((count) => decide(many(count)))).toEqual(["allow", "allow", "ask", "ask"]);
  expect([48, 49, 50, 51, 900].map((count) => decide(`${many(count)}; rm x`))).toEqual(Array(5).fill("deny"));
});

it("what is too large to be looked at counts as everything that is refused", async () => {
  const decide = await openDecision(carefulRules);
  const withoutRefusals = await openDecision({ ...carefulRules, deny: [] });
  for (const command of ["ls;".repeat(10_000), "ls;".repeat(100_000), `ls ${"a".repeat(1 << 20)}`]) {
    expect(decide(command)).toBe("deny");
    expect(withoutRefusals(command)).toBe("ask");
  }
});

it("huge, deep, torn and broken commands are never allowed, and what is kept of them is bounded", async () => {
  const shell = await openShell();
  const read = hostile.map((command) => ({ command, analysis: shell.analyse(command) }));
  const allowed = read.filter(({ command, analysis }) =>
    decideOn(carefulRules, command, analysis) === "allow"
  );
  const large = read.filter(({ analysis }) => analysis.commands.length > 2 * foundMax);
  tally({
    family: "C2",
    what: "huge, deep, torn and broken commands",
    tried: hostile.length,
    refused: hostile.length - allowed.length,
    escapes: allowed.length,
  });
  expect(allowed.map(({ command }) => command.slice(0, 80))).toEqual([]);
  expect(large.map(({ command }) => command.slice(0, 80))).toEqual([]);
});

it("a long but plain command is judged like a short one", async () => {
  const decide = await openDecision(carefulRules);
  expect(decide(`ls ${"a".repeat(60_000)}`)).toBe("allow");
  expect(decide(`cat ${Array.from({ length: 900 }, (_, index) => `file-${index}.txt`).join(" ")}`)).toBe(
    "allow",
  );
  expect(decide(`${" ".repeat(60_000)}rm x`)).toBe("deny");
  expect(decide(`${"# nothing to see\n".repeat(3_000)}rm x`)).toBe("deny");
});

const openings = ['"', "'", "`", "(", "{", "((", "$(", "${", "$((", "<(", "$'", '$"', "<<", "!("];
const hostile = [
  ...openings.flatMap((
    text,
  ) => [`ls ${text}`, `ls ${text.repeat(31)}`, `ls ${text.repeat(39_999 / text.length)}`]),
  ...[30, 300, 9_000].flatMap((depth) => [
    `${"$(".repeat(depth)}rm x${")".repeat(depth)}`,
    `${"(".repeat(depth)}ls${")".repeat(depth)}`,
    `ls ${"{a,".repeat(depth)}${"}".repeat(depth)}`,
    `${"if ls; then ".repeat(depth / 5)}ls`,
    `ls ${"> a ".repeat(depth)}`,
    `ls ${"{a,b}".repeat(depth)}`,
    `${"sudo ".repeat(depth / 2)}ls`,
    `${"eval ".repeat(depth / 2)}ls`,
    `env ${"a=b ".repeat(depth)}ls`,
    `git ${"-c a=b ".repeat(depth / 2)}log`,
    `${"cat <<A\n".repeat(depth / 3)}`,
    `find . ${"-exec ls ".repeat(depth / 3)}`,
    `${"ls & ".repeat(depth / 2)}ls`,
  ]),
  nested(8, (inner) => `sh -c ${JSON.stringify(inner)}`, "ls"),
  nested(20, (inner) => `echo $(${inner})`, "ls"),
  nested(12, (inner) => `echo "$(${inner})"`, "ls"),
  // Text that was no UTF-8 arrives with replacement characters or with halves of a pair.
  ...[[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x92], [0xfe, 0xff, 0x20], [0x80, 0x80]].map((
    bytes,
  ) => `ls ${new TextDecoder().decode(new Uint8Array(bytes))}`),
  ..."\ud800,\udc00 x,a\udfff,\ud800\ud800".split(",").map((text) => `ls ${text}`),
  ...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9 && code !== 10)
    .map((code) => `ls a${String.fromCharCode(code)}b`),
  "ls;".repeat(10_000),
  "ls|".repeat(15_000) + "ls",
  "ls\n".repeat(20_000),
  "ls " + "a".repeat(1 << 20),
  "ls;".repeat(350_000),
  " ".repeat(1 << 20),
  "",
  " ",
  "\n\n",
  ";",
  "&&",
  "#",
  "# ls",
];

function nested(depth: number, wrap: (inner: string) => string, innermost: string): string {
  let text = innermost;
  for (let level = 0; level < depth; level++) text = wrap(text);
  return text;
}
