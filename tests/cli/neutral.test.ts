// Text of models and tools must not be able to do anything to the terminal that shows it.
import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { approvalText } from "../../src/cli/approvals.ts";
import { neutral, neutralJson, neutralLine, shortLine, shortText } from "../../src/cli/neutral.ts";
import { renderEvent } from "../../src/cli/render.ts";

const dangerous =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\x1b", "\x9b", "\u202e", "\r", "\n", "\0", "\x07", "]0;", "[2J"),
    fc.string(),
  ),
});
const colours = pc.createColors(false);

describe("neutral text", () => {
  test("an escape sequence is shown, not obeyed", () => {
    expect(neutral("\x1b]0;title\x07\x1b[31mred")).toBe("\\x1b]0;title\\x07\\x1b[31mred");
  });

  test("text that would be shown backwards or hidden is marked", () => {
    expect(neutral("file\u202Egpj.exe\u200B")).toBe("file\\u{202e}gpj.exe\\u{200b}");
    expect(neutral("a\u{E0041}b")).toBe("a\\u{e0041}b");
  });

  test("a carriage return cannot overwrite what was shown before it", () => {
    expect(neutral("rm -rf /\recho hello")).toBe("rm -rf /\\x0decho hello");
    expect(neutral("one\r\ntwo")).toBe("one\ntwo");
  });

  test("ordinary text of any script stays as it is", () => {
    const text = "Grüße, 你好, नमस्ते, 👩‍👩‍👧\n\tindented";
    expect(neutral(text)).toBe(text);
  });

  test("no text of any kind leaves a control character in what is shown", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 2, max: 80 }), (text, width) => {
        expect(neutral(text)).not.toMatch(dangerous);
        expect(neutralLine(text)).not.toMatch(/[\n\t]/);
        expect(shortLine(text, width).length).toBeLessThanOrEqual(width);
        expect(shortText(text, 3, width)).not.toMatch(dangerous);
      }),
      { numRuns: 500 },
    );
  });

  test("no event of any kind leaves a control character in its lines", () => {
    const types = [
      "message.received",
      "model.replied",
      "call.proposed",
      "call.finished",
      "call.denied",
      "strange\x1b.thing",
    ];
    fc.assert(
      fc.property(hostile, hostile, fc.constantFrom(...types), (one, other, type) => {
        const data = {
          text: one,
          name: other,
          output: one,
          reason: other,
          args: { [one]: other },
          call_id: one,
          by: other,
        };
        const event = { seq: 1, at: "2026-01-01T00:00:00.000Z", actor: one, type, v: 1, data };
        expect(renderEvent(event, { colours, columns: 80 })).not.toMatch(dangerous);
      }),
      { numRuns: 500 },
    );
  });
});

test("JSON for a terminal holds no control character either, and is still the same value", () => {
  fc.assert(
    fc.property(fc.dictionary(hostile, hostile), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = neutralJson(value, indent);
      expect(text).not.toMatch(dangerous);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(neutralJson("\u009b\u202e\u{E0041}")).toBe('"\\u009b\\u202e\\udb40\\udc41"');
});

describe("the question before a call", () => {
  test("nothing of it is cut, however long it is", () => {
    const prompt = `echo ${" ".repeat(10_000)}; rm -rf ~`;
    const shown = approvalText({ call_id: "c1", name: "Bash", actor: "main", prompt }, colours);
    expect(shown).toContain("; rm -rf ~");
  });

  test("a command that hides behind escapes is shown whole", () => {
    const prompt = "rm -rf ~\x1b[2K\recho harmless";
    const shown = approvalText({ call_id: "c1", name: "Bash", actor: "main", prompt }, colours);
    expect(shown).toContain("rm -rf ~\\x1b[2K\\x0decho harmless");
  });
});
