import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { changedText, pathOf } from "../../src/config/change.ts";
import { defaultText } from "../../src/config/default_text.ts";
import { literal, setInToml } from "../../src/config/edit.ts";
import { keyText } from "../../src/config/toml_places.ts";
import { Problem } from "../../src/protocol/problem.ts";

const set = (text: string, ...pairs: string[]) =>
  changedText(
    text,
    pairs.flatMap((key, i) => i % 2 === 0 ? [{ path: pathOf(key), word: pairs[i + 1] ?? "" }] : []),
  );

function messageOfSet(text: string, ...pairs: string[]): string {
  try {
    set(text, ...pairs);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.message;
    throw thrown;
  }
  return "it was set";
}

describe("setting a value", () => {
  test("a value that is there is replaced, and its comment and its spaces stay", () => {
    const text = "# mine\n[limits]   # few\n  steps   =   7   # seven\nrepeat = 3\n";
    expect(set(text, "limits.steps", "8")).toBe(text.replace("=   7", "=   8"));
  });

  test("a new key goes to the end of its section, a new section to the end of the file", () => {
    expect(set("[limits]\nsteps = 7 # x\n\n# about the web\n[web]\n", "limits.repeat", "3")).toBe(
      "[limits]\nsteps = 7 # x\nrepeat = 3\n\n# about the web\n[web]\n",
    );
    expect(set("[web]", "limits.repeat", "3")).toBe("[web]\n\n[limits]\nrepeat = 3\n");
    expect(set("", "limits.repeat", "3")).toBe("[limits]\nrepeat = 3\n");
  });

  test("a key without a section goes before the first section and what is said about it", () => {
    expect(set("# top\n\n# about the web\n[web]\n", "default_provider", "scripted")).toBe(
      '# top\n\ndefault_provider = "scripted"\n# about the web\n[web]\n',
    );
  });

  test("an inline table is written anew, on its line, with the rest of it", () => {
    expect(set("[models.m]\nprice = { input = 1.5, output = 2 } # old\n", "models.m.price.output", "3.5"))
      .toBe(
        "[models.m]\nprice = { input = 1.5, output = 3.5 } # old\n",
      );
  });

  test("Windows line ends and a byte order mark stay", () => {
    expect(set("\ufeff[limits]\r\nsteps = 1\r\n", "limits.repeat", "3")).toBe(
      "\ufeff[limits]\r\nsteps = 1\r\nrepeat = 3\r\n",
    );
    expect(set("\ufeff", "limits.repeat", "3")).toBe("\ufeff[limits]\nrepeat = 3\n");
  });

  test("a word is a number where a number is wanted, and text where text is wanted", () => {
    const text = set(
      "",
      "providers.a",
      '{ kind = "openai" }',
      "providers.a.model",
      "42",
      "limits.steps",
      "42",
    );
    expect(parse(text)).toMatchObject({
      providers: { a: { kind: "openai", model: "42" } },
      limits: { steps: 42 },
    });
    expect(
      set(
        "",
        "providers.a",
        '{ kind = "azure", key = "env:A", endpoint = "http://h", model = "m" }',
        "providers.a.api_version",
        "2024-10-21",
      ),
    ).toContain('api_version = "2024-10-21"');
  });

  test("several values that only make sense together are set together", () => {
    const text = set(defaultText, "providers.work.kind", "anthropic", "providers.work.key", "env:KEY");
    expect(text.startsWith(defaultText)).toBe(true);
    expect(parse(text)).toEqual({ providers: { work: { kind: "anthropic", key: "env:KEY" } } });
    expect(messageOfSet(defaultText, "providers.work.kind", "anthropic")).toContain("providers.work.key");
  });

  test.each([
    ["an unknown key", "", "limits.stpes", "1", "did you mean"],
    ["a wrong type", "", "limits.steps", "many", "expected a number"],
    ["a secret", "", "web.search_key", "sk-canary-0123456789", "env:NAME"],
    ["a section", "[limits]\nsteps = 1\n", "limits", "3", "it is a table"],
    ["a list of hooks", '[[hooks.Stop]]\ncommand = "x"\n', "hooks.Stop", "[]", "it is a table"],
    ["a file that is broken", "nonsense", "limits.steps", "3", "Cannot change the config"],
    ["dotted keys around it", 'providers.a.kind = "scripted"\n', "providers.a.x", "1", "no place for it"],
    ["no key", "", "a = 1\nb", "3", "as keys are in TOML"],
    ["an empty key", "", " ", "3", "as keys are in TOML"],
  ])("%s is refused, and said why", (_, text, key, word, part) => {
    const message = messageOfSet(text, key, word);
    expect(message).toContain(part);
    expect(message).not.toMatch(/canary|\n/);
  });
});

/** Documents as people write them: comments, empty lines, sections, strings of every kind. */
const key = fc.constantFrom("a", "b", "c", "long-key", "with space", "d.e", 'quote"');
const value = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.boolean().map(String),
  fc.constantFrom(
    '"x # no comment"',
    "'lit = 1'",
    '"""\nmore\n[lines] # = \\"""\n"""',
    "'''\n[a]\nb = 1''''",
    "[1, 2,\n  # inside ]\n 3]",
    "{ a = 1, b = { c = '}' } }",
    "1.5",
    "2024-10-21T07:32:00Z",
  ),
);
const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 });
const noise = fc.constantFrom("", "# a comment = [1]", "   ", "\t# [x]");
const section = fc.tuple(key, entries, noise, noise);
const documents = fc.tuple(
  noise,
  entries,
  fc.uniqueArray(section, { selector: ([name]) => name, maxLength: 4 }),
)
  .map(([top, rootEntries, sections]) => {
    const taken = new Set(rootEntries.map(([name]) => name));
    const lines = (rows: [string, string][]) =>
      rows.map(([name, text]) => `${keyText(name)} = ${text} # of ${name.length}`);
    return [
      top,
      ...lines(rootEntries),
      ...sections.filter(([name]) => !taken.has(name)).flatMap((
        [name, rows, before, after],
      ) => [before, `[${keyText(name)}]`, ...lines(rows), after]),
    ].join("\n");
  });

test("whatever the document: the value is set, all else means the same, and no comment is lost", () => {
  let [edited, refused] = [0, 0];
  const wanted = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant([1, "b"]),
    fc.constant({ x: 1 }),
  );
  fc.assert(
    fc.property(documents, fc.array(key, { minLength: 1, maxLength: 3 }), wanted, (text, path, newValue) => {
      const comments = (source: string) => source.split("\n").filter((line) => /^\s*#/.test(line));
      const before = parse(text);
      let result = "";
      try {
        result = setInToml(text, path, newValue);
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        refused++;
        return;
      }
      edited++;
      const after = parse(result);
      expect(at(after, path)).toEqual(newValue);
      expect(JSON.stringify(without(after, path))).toBe(JSON.stringify(without(before, path)));
      // A comment inside a list goes only with the list itself.
      const kept = comments(result);
      expect(comments(text).filter((line) => !/inside/.test(line) && !kept.includes(line))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  console.log(`config edits: ${edited} documents changed, ${refused} refused`);
  expect(edited).toBeGreaterThan(refused);
});

test("a value is written as TOML reads it", () => {
  for (
    const sample of ["", 'quote " and \\', "line\nbreak", "ünï", 0, -1.5, true, [], [[1]], {
      "a b": { c: [1] },
    }]
  ) {
    expect(parse(`v = ${literal(sample)}`)["v"]).toEqual(sample);
  }
});

function at(table: unknown, path: readonly string[]): unknown {
  return path.reduce((here: unknown, name) => isTable(here) ? here[name] : undefined, table);
}

/** A copy without the value at the path, and without the tables that are empty because of that. */
function without(table: unknown, [first = "", ...rest]: readonly string[]): unknown {
  if (!isTable(table)) return table;
  const copy = Object.entries(table).flatMap(([name, inner]): [string, unknown][] => {
    if (name !== first) return [[name, inner]];
    const left = rest.length === 0 ? undefined : without(inner, rest);
    return left === undefined || !isTable(left) || Object.keys(left).length === 0 ? [] : [[name, left]];
  });
  return Object.fromEntries(copy.sort(([one], [other]) => one < other ? -1 : 1));
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
