// How a person is shown what a folder brings along: nothing of it can be pushed out of sight.
import pc from "picocolors";
import { expect, test } from "vitest";
import { outsideLines } from "../../src/cli/trust.ts";

const colours = pc.createColors(false);

test("a long run of blanks in a command is shown as a count, whatever kind of blanks it is made of", () => {
  for (const blank of [" ", "\t", "\u00a0", "\u2003", "\u2800", "\u3164"]) {
    const text = JSON.stringify({ command: `make${blank.repeat(10_000)}; evil` }, null, 2)
      .replaceAll("\\t", "\t");
    const shown = outsideLines(
      [{ workspace: "/w", kind: "hook", name: "x", standing: "unknown", text }],
      "/w",
      {
        ...colours,
      },
    );
    expect(shown.join("\n")).toContain('"command": "make[10000 blanks]; evil"');
  }
  const text = `a${" ".repeat(40)}b\n    c`;
  const [, ...lines] = outsideLines(
    [{ workspace: "/w", kind: "hook", name: "x", standing: "unknown", text }],
    "/w",
    colours,
  );
  expect(lines).toEqual([`    a${" ".repeat(40)}b`, "        c"]);
});

test("what is approved is shown by name, what is to be approved with its whole text", () => {
  const item = { workspace: "/w", kind: "hook", text: "make check" } as const;
  const items = [{ ...item, name: "old", standing: "approved" }, {
    ...item,
    name: "new",
    standing: "changed",
  }] as const;
  expect(outsideLines(items, "/w", colours)).toEqual([
    "approved  old hook",
    "changed   new hook",
    "    make check",
  ]);
});
