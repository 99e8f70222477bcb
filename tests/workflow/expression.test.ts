// Templates and conditions: what they give, and that none of them runs code, hangs or reads what it may not.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/protocol/json.ts";
import type { Scope } from "../../src/workflow/definition.ts";
import { holds, isSame } from "../../src/workflow/evaluate.ts";
import { fill, fillText, parseTemplate, TemplateFault } from "../../src/workflow/template.ts";

const scope: Scope = {
  inputs: { topic: "bees", count: 3, draft: false, files: ["a.ts", "b.ts"], nothing: null },
  nodes: {
    "the-review": { output: { verdict: "revise", notes: [{ text: "short" }], score: 7.5 }, visits: 2 },
    list: { output: "a.ts\n\n  b.ts \n", visits: 1 },
    broken: { error: "no network", visits: 1 },
  },
  locals: { item: { path: "x" }, index: 0 },
};

describe("templates", () => {
  it.each<[string, JsonValue]>([
    ["plain", "plain"],
    ["About {{ inputs.topic }}, {{inputs.count}} times", "About bees, 3 times"],
    ["{{ inputs.count }}", 3],
    ["  {{ inputs.files }}\n", ["a.ts", "b.ts"]],
    ["{{ nodes.the-review.output.notes[0].text }}", "short"],
    ["{{ nodes.the-review.output.notes[-1]['text'] }}", "short"],
    ["{{ nodes.list.output | lines }}", ["a.ts", "b.ts"]],
    ["{{ nodes.list.output | lines | length }}", 2],
    ["{{ inputs.files | join(', ') }}", "a.ts, b.ts"],
    ['{{ inputs.files | join("\\n\\"") }}', 'a.ts\n"b.ts'],
    ["{{ nodes.the-review.output | json }}", '{"verdict":"revise","notes":[{"text":"short"}],"score":7.5}'],
    ["{{ '[1, {\"a\": 2}]' | parse }}", [1, { a: 2 }]],
    ["{{ '  x ' | trim }}", "x"],
    ["{{ nodes.broken.error }}!", "no network!"],
    ["{{ nodes.never.output.x | default('-') }}", "-"],
    ["{{ inputs.nothing | default(inputs.topic) }}", "bees"],
    ["{{ nodes.never.visits }}", 0],
    ["{{ item.path }}{{ index }}", "x0"],
    ["{{ item }}", { path: "x" }],
    ["all of {{ inputs.files }}", 'all of ["a.ts","b.ts"]'],
    ["nothing: {{ inputs.nothing }}", "nothing: "],
    ['{{ "{{" }} stays', "{{ stays"],
    ["{{ 'a }} b' }}", "a }} b"],
    ["what? {{ inputs.topic }}?!", "what? bees?!"],
  ])("%s", (text, value) => {
    expect(fill(text, scope)).toEqual(value);
  });

  it("every text inside a value is filled, keys and other values stay", () => {
    const value = { "{{ inputs.topic }}": ["{{ inputs.count }}", 1, null, { deep: "{{ inputs.topic }}s" }] };
    expect(fill(value, scope)).toEqual({ "{{ inputs.topic }}": [3, 1, null, { deep: "beess" }] });
  });

  it("where a text is wanted, a single expression gives one", () => {
    expect(fillText("{{ inputs.files }}", scope)).toBe('["a.ts","b.ts"]');
  });

  it.each([
    ["{{ nodes.never.output }}", 'the node "never" has not run'],
    ["{{ nodes.broken.output }}", 'the node "broken" has no output'],
    ["{{ inputs.other }}", 'there is no input "other"'],
    ["{{ nodes.the-review.output.score.x }}", '"nodes.the-review.output.score" is a number'],
    ["{{ nodes.list.output.path }}", "say `output: json` at the node"],
    ["{{ nodes.the-review.output.notes[5] }}", "has no item 5"],
    ["{{ inputs.constructor }}", 'there is no input "constructor"'],
    ["{{ item.__proto__ }}", 'has no "__proto__"'],
    ["{{ item.toString }}", 'has no "toString"'],
    ["{{ globalThis }}", "names nothing"],
    ["{{ inputs.topic | eval }}", 'no filter "eval"'],
    ["{{ nodes.list.output | parse }}", "not JSON"],
    ["{{ inputs.count | lines }}", "needs a text"],
  ])("%s is a fault that says why", (text, why) => {
    expect(() => fill(text, scope)).toThrow(TemplateFault);
    expect(() => fill(text, scope)).toThrow(why);
  });
});

describe("conditions", () => {
  it.each([
    ["inputs.count == 3", true],
    ["inputs.count != 3 or not inputs.draft", true],
    ["not inputs.count == 3", false],
    ["inputs.count >= 3 and inputs.count < 4", true],
    ["true or false and false", true],
    ["(true or false) and false", false],
    ["inputs.topic in ['bees', 'ants']", true],
    ["inputs.topic not in ['bees']", false],
    ["inputs.files contains 'b.ts'", true],
    ["inputs.topic contains 'ee'", true],
    ["nodes.broken.error matches '^no .*work$'", true],
    ["'APPROVED' matches '(?i)approved'", true],
    ['nodes.the-review.output.verdict == "revise"', true],
    ["inputs.files == ['a.ts', 'b.ts']", true],
    ["inputs.nothing == null", true],
    ["nodes.the-review.visits < 3", true],
    ["inputs.files | length > 1", true],
    ["-1 < 0.5", true],
    ["false and nodes.never.output == 1", false],
  ])("%s is %s", (text, value) => {
    expect(holds(text, scope)).toBe(value);
  });

  it.each([
    ["inputs.topic", "must give true or false"],
    ["inputs.topic > 3", "compares two numbers or two texts"],
    ["inputs.count contains 3", "a list contains values"],
    ["nodes.never.output == 1", "has not run"],
    ["1 < 2 < 3", "two values are compared at once"],
    ["inputs.topic matches '('", "no pattern"],
    ["", "a value is missing"],
    ["(true", '")" is missing'],
    ["true true", "not expected"],
    ["a = b", 'use "=="'],
    ["a && b", 'use "and"'],
    ["(".repeat(50) + "true" + ")".repeat(50), "nested deeper"],
    ["not ".repeat(50) + "true", "nested deeper"],
    [`"${"x".repeat(5_000)}" == "x"`, "longer than 4000"],
  ])("%s is a fault that says why", (text, why) => {
    expect(() => holds(text, scope)).toThrow(TemplateFault);
    expect(() => holds(text, scope)).toThrow(why);
  });

  it("a pattern that takes other engines for ever is answered at once", () => {
    const text = "a".repeat(50_000) + "!";
    expect(holds("inputs.text matches '^(a+)+$'", { inputs: { text }, nodes: {} })).toBe(false);
  });
});

describe("whatever is written", () => {
  const words = fc.constantFrom(
    ..."inputs nodes . [ ] ( ) , | == < > and or not in contains matches true null 'x' \"y\" 1 -2 topic output json default {{ }} = ! \\ \n é"
      .split(" "),
  );
  const random = fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 25 }).map((all) =>
    all.join(" ")
  );

  it("a condition gives true, false or a fault with its place, never anything else", () => {
    fc.assert(
      fc.property(random, (text) => {
        try {
          expect(typeof holds(text, scope)).toBe("boolean");
        } catch (thrown) {
          if (!(thrown instanceof TemplateFault)) throw thrown;
          expect(thrown.at).toBeGreaterThanOrEqual(0);
          expect(thrown.at).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("a text without two braces is its own value, and any text can be written as a literal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        if (!text.includes("{{")) expect(fill(text, scope)).toBe(text);
        const literal = `"${text.replaceAll(/[\\"]/g, "\\$&")}"`;
        expect(fill(`{{ ${literal} }}`, scope)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("a value that is put into a text is never read as a template", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hostile = `{{ inputs.secret }}${text}`;
        const given: Scope = { inputs: { hostile, secret: "S" }, nodes: {} };
        expect(fill("say: {{ inputs.hostile }}", given)).toBe(`say: ${hostile}`);
        expect(fill("{{ inputs.hostile }}", given)).toBe(hostile);
      }),
    );
  });

  it("any JSON keeps its value as a single expression, and is the same as its copy", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        // A key of this name is left out of what is parsed, on purpose: nothing good is called so.
        fc.pre(!JSON.stringify(any).includes("__proto__"));
        // fast-check's JSON is JSON.
        const value = JSON.parse(JSON.stringify(any)) as JsonValue;
        const given: Scope = { inputs: { value, copy: structuredClone(value) }, nodes: {} };
        expect(fill("{{ inputs.value }}", given)).toEqual(value);
        expect(fill("{{ inputs.value | json | parse }}", given)).toEqual(value);
        expect(holds("inputs.value == inputs.copy", given)).toBe(true);
        expect(isSame(value, [value])).toBe(false);
      }),
    );
  });

  it("the parts of a template are in order and lose nothing of its plain text", () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((text) => !text.includes("{")), { maxLength: 6 }), (texts) => {
        const parts = parseTemplate(texts.join("{{ inputs.topic }}"));
        expect(parts.filter((part) => typeof part === "string").join("")).toBe(texts.join(""));
        expect(parts.filter((part) => typeof part !== "string")).toHaveLength(Math.max(0, texts.length - 1));
      }),
    );
  });
});
