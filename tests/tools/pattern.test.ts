// The search pattern matcher: agrees with JavaScript's, and cannot be made to hang.
import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePattern } from "../../tools/pattern_matcher.ts";

const verdict = (pattern: string, line: string, ignoreCase = false) =>
  compilePattern(pattern, { ignoreCase })(line);

const atom = fc.constantFrom(
  "a",
  "b",
  "_",
  "-",
  ".",
  "\\w",
  "\\W",
  "\\d",
  "\\s",
  "[ab]",
  "[^a]",
  "[a-c1]",
  "\\.",
  "é",
  "^",
  "$",
  "\\b",
  "\\B",
);
const counted = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?");
const { pattern } = fc.letrec<{ pattern: string; group: string; part: string }>((tie) => ({
  part: fc.tuple(
    fc.oneof({ maxDepth: 4 }, { weight: 4, arbitrary: atom }, { weight: 1, arbitrary: tie("group") }),
    counted,
  ).map(([one, count]) => /^(\^|\$|\\b|\\B)$/.test(one) ? one : one + count),
  group: tie("pattern").map((inside) => `(?:${inside})`),
  pattern: fc.array(fc.array(tie("part"), { maxLength: 4 }), { minLength: 1, maxLength: 3 }).map((choices) =>
    choices.map((parts) => parts.join("")).join("|")
  ),
}));
const line = fc.string({
  unit: fc.constantFrom("a", "b", "c", "A", "1", "_", "-", ".", " ", "é", "É", "\t"),
  maxLength: 12,
});

test("any pattern finds the same lines as JavaScript's own matcher", () => {
  fc.assert(
    fc.property(pattern, line, fc.boolean(), (source, text, ignoreCase) => {
      const expected = new RegExp(source, ignoreCase ? "i" : "").test(text) ? "fits" : "differs";
      expect(verdict(source, text, ignoreCase)).toBe(expected);
    }),
    { numRuns: 3000 },
  );
}, 120_000);

test.each(["(a+)+$", "^(a|a)*$", "(.*a){12}$", "(a*)*b", "([a-z]+)*\\d"])(
  "the notorious pattern %s ends",
  (source) => {
    expect(["differs", "too costly"]).toContain(verdict(source, "a".repeat(50_000) + "!"));
  },
);

test("patterns as models write them for ripgrep work", () => {
  expect(verdict("interface{}", "x interface{} y")).toBe("fits");
  expect(verdict("(?i)todo", "a TODO here")).toBe("fits");
  expect(verdict("[[:upper:]]{3}", "abcDEF")).toBe("fits");
  expect(verdict("fn\\s+(?P<name>\\w+)\\(", "pub fn main() {")).toBe("fits");
  expect(verdict("\\bcat\\b", "concatenate")).toBe("differs");
  expect(verdict("😀", "smile 😀")).toBe("fits");
  expect(verdict("[\\]\\-]", "]")).toBe("fits");
});

test.each([
  ["a(?=b)", "look-around"],
  ["(a)\\1", "back-references"],
  ["(a", 'a ")" is missing'],
  ["a)", "closes nothing"],
  ["[a", 'a "]" is missing'],
  ["*a", "nothing to repeat"],
  ["a{2,1}", "wrong order"],
  ["(?:a{1000}){1000}", "too large"],
  ["[b-a]", "wrong order"],
  ["\\p", "no meaning"],
])("the pattern %s is refused with a reason", (source, reason) => {
  expect(() => verdict(source, "")).toThrow(reason);
});
