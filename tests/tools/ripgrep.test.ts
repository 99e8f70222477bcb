// Grep with ripgrep and without: the same answer to every question, over trees with everything that could make a difference.
import { afterEach, beforeEach, expect, test } from "vitest";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { defineGrep, grepFileBytesMax } from "../../tools/grep.ts";
import { bytesPattern, requiredText } from "../../tools/pattern_bytes.ts";
import { parsePattern } from "../../tools/pattern_syntax.ts";
import { findRipgrep } from "../../tools/ripgrep.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const searchPath = Deno.env.get("PATH") ?? "";
const ripgrep = await findRipgrep(searchPath, []);
const own = defineGrep({ searchPath: () => "", aloneFilesMax: 0 });
const withPath = (path: string) => defineGrep({ searchPath: () => path, aloneFilesMax: 0 });

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(space.dir, name)), { recursive: true });
  await writeFile(join(space.dir, name), content);
}

/** A folder with a program named `rg`, made for the test. */
async function fakeRipgrep(script: string, folder = space.outside): Promise<string> {
  await writeFile(join(folder, "rg"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "rg"), 0o755);
  return folder;
}

const pieces = fc.constantFrom(
  "a",
  "b",
  "ab",
  "foo",
  "FOO",
  "Foo_1",
  " ",
  "\t",
  "é",
  "É",
  "ß",
  "ſ",
  "K",
  "日本",
  "😀",
  "\u2028",
  "\ufeff",
  "\r",
  "\r\n",
  "\n",
  "\n",
  "\n",
  "x\u0000y",
  "-",
  "--",
  ".",
  "_",
  "9",
);
const bytes = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(pieces, { maxLength: 25 }).map((parts) => new TextEncoder().encode(parts.join(""))),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.array(pieces, { maxLength: 10 }).map((parts) => {
      const units = Uint16Array.from(`\ufeff${parts.join("")}`, (unit) => unit.charCodeAt(0));
      return new Uint8Array(units.buffer);
    }),
  },
  { weight: 1, arbitrary: fc.constant(new TextEncoder().encode(`${"foo é\n".repeat(2000)}\0tail ab`)) },
  { weight: 1, arbitrary: fc.constant(new TextEncoder().encode(`${"x".repeat(70_000)}foo\nab`)) },
);
const names = fc.constantFrom(
  "a.ts",
  "b.md",
  ".hidden",
  "sub/c.ts",
  "sub/.env.x",
  "sub/deep/d.js",
  "node_modules/m.ts",
  ".git/config",
  "build/out.ts",
  "-n.ts",
  "with space.ts",
  "sub/ü.ts",
  "line\nbreak.ts",
  "keep.log",
  "sub/x.log",
);
const ignores = fc.constantFrom("", "*.log\n", "build/\n", "sub/*\n!sub/c.ts\n", "/a.ts\n", "*\n!*.ts\n");
const trees = fc.record({
  files: fc.uniqueArray(fc.tuple(names, bytes), { selector: ([name]) => name, maxLength: 10 }),
  ignore: ignores,
  below: ignores,
});
const atoms = fc.constantFrom(
  "a",
  "b",
  "ab",
  "foo",
  "é",
  "日",
  "😀",
  "\\w",
  "\\W",
  "\\s",
  "\\d",
  ".",
  "[^a]",
  "[a-cé]",
  "[[:upper:]]",
  "\\x00",
  "\\r",
  "\\t",
  "[^\\x00-\\x7f]",
  "\\.",
  "-",
);
const patterns = fc.array(
  fc.tuple(
    fc.oneof(atoms, fc.array(atoms, { minLength: 1, maxLength: 3 }).map((parts) => `(?:${parts.join("|")})`)),
    fc.constantFrom("", "", "", "+", "*", "?", "{2}", "{1,3}"),
  ).map(([atom, count]) => atom === "ab" || atom === "foo" ? `(?:${atom})${count}` : atom + count),
  { minLength: 1, maxLength: 4 },
).chain((parts) =>
  fc.tuple(fc.constantFrom("", "", "^", "\\b", "(?i)"), fc.constantFrom("", "", "$", "\\B")).map(
    ([start, end]) => start + parts.join("") + end,
  )
);
const questions = fc.record({
  pattern: patterns,
  "-i": fc.boolean(),
  output_mode: fc.constantFrom("content", "files_with_matches", "count"),
  head_limit: fc.constantFrom(1, 3, 250),
  "-C": fc.constantFrom(0, 0, 1),
}, { requiredKeys: ["pattern"] });

test.runIf(ripgrep !== null)("ripgrep changes no answer: any tree, any pattern, any option", async () => {
  const tool = withPath(searchPath);
  const counts = { queries: 0, narrowed: 0, found: 0 };
  await fc.assert(
    fc.asyncProperty(trees, fc.array(questions, { minLength: 6, maxLength: 6 }), async (tree, asked) => {
      await space.remove();
      space = await makeWorkspace();
      for (const [name, content] of tree.files) await put(name, content);
      await put(".gitignore", tree.ignore);
      await put("sub/.gitignore", tree.below);
      await symlink("a.ts", join(space.dir, "link.ts"));
      await symlink(space.outside, join(space.dir, "outside"));
      await put("../outside/secret.ts", "foo ab");
      for (const args of asked) {
        const expected = await runTool(own, args, space.context());
        expect(await runTool(tool, args, space.context())).toEqual(expected);
        counts.queries++;
        const isIgnoringCase = args["-i"] ?? false;
        if (bytesPattern(parsePattern(args.pattern, { ignoreCase: isIgnoringCase })) !== null) {
          counts.narrowed++;
        }
        if (!textOf(expected).startsWith("No matches")) counts.found++;
      }
    }),
    { numRuns: 100 },
  );
  console.log(
    `grep: ${counts.queries} queries, rg and built in agree; rg was asked in ${counts.narrowed}, ${counts.found} found something`,
  );
  expect(counts.narrowed).toBeGreaterThan(counts.queries / 3);
}, 180_000);

test.runIf(ripgrep === null)("ripgrep is not installed here, so its answers were not compared", () => {
  console.log("grep: rg is not installed, 0 queries compared");
});

test("a file that is too large is named with ripgrep as without", async () => {
  await put("large.txt", "");
  await Deno.truncate(join(space.dir, "large.txt"), grepFileBytesMax + 1);
  await put("small.txt", "foo");
  for (const tool of [own, withPath(searchPath)]) {
    expect(textOf(await runTool(tool, { pattern: "foo" }, space.context()))).toBe(
      'small.txt\n[not searched, it is too large: "large.txt"]',
    );
  }
});

test("what ripgrep names is looked at again, and only that", async () => {
  await put("a.txt", "foo");
  await put("b.txt", "foo");
  await put("c.txt", "bar");
  const tool = withPath(await fakeRipgrep(`printf './b.txt\\0./c.txt\\0./../outside/secret\\0'`));
  expect(textOf(await runTool(tool, { pattern: "foo" }, space.context()))).toBe("b.txt");
});

test.each([
  ["complains", "echo odd >&2; exit 2"],
  ["dies", "kill -9 $$"],
  ["never stops talking", "cat /dev/zero"],
  ["is no program", "exit 126"],
])("a ripgrep that %s costs nothing but time", async (_, script) => {
  await put("a.txt", "foo");
  const tool = withPath(await fakeRipgrep(script));
  expect(textOf(await runTool(tool, { pattern: "foo" }, space.context()))).toBe("a.txt");
});

test("ripgrep sees no settings and no variables of ours", async () => {
  await put("a.txt", "foo");
  const tool = withPath(await fakeRipgrep(`env >"${space.effects}/env"; echo "$@" >"${space.effects}/args"`));
  await runTool(tool, { pattern: "foo" }, space.context());
  const given = await Deno.readTextFile(join(space.effects, "args"));
  for (const word of ["--no-config", "--no-pre", "--encoding=none"]) expect(given).toContain(word);
  const variables = (await Deno.readTextFile(join(space.effects, "env"))).trim().split("\n");
  expect(variables.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([]);
});

test("a program named rg in the workspace is never run", async () => {
  await put("a.txt", "foo");
  await fakeRipgrep(`touch "${space.effects}/ran"`, space.dir);
  const tool = withPath(space.dir);
  expect(textOf(await runTool(tool, { pattern: "foo" }, space.context()))).toBe("a.txt");
  await expect(Deno.stat(join(space.effects, "ran"))).rejects.toThrow();
});

test("a cancelled search ends ripgrep, with the processes it started", async () => {
  await put("a.txt", "foo");
  const word = `4713${Deno.pid}`;
  const tool = withPath(await fakeRipgrep(`touch "${space.effects}/up"; sleep ${word} & sleep ${word}`));
  const stop = new AbortController();
  const running = runTool(tool, { pattern: "foo" }, space.context({ signal: stop.signal }));
  while (!(await Deno.stat(join(space.effects, "up")).catch(() => null))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stop.abort();
  expect(await running).toEqual({ status: "interrupted", reason: "cancelled" });
  for (let poll = 0; poll < 200 && (await processesWith(word)).length > 0; poll++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await processesWith(word)).toEqual([]);
});

test("the type names files by their endings", async () => {
  await put("a.ts", "foo");
  await put("b.tsx", "foo");
  await put("c.js", "foo");
  expect(textOf(await runTool(own, { pattern: "foo", type: "ts" }, space.context()))).toBe("a.ts\nb.tsx");
  expect(textOf(await runTool(own, { pattern: "foo", type: "odd" }, space.context()))).toContain(
    '"type" is wrong',
  );
});

test("text that must be there is found in a pattern", () => {
  const needed = (source: string) => requiredText(parsePattern(source, { ignoreCase: false }));
  expect(needed("needle in \\w+")).toBe("needle in ");
  expect(needed("a?bc\\bd+(?:long one|other)")).toBe("bc");
  expect(needed("(?:abc){2,}x*")).toBe("abc");
  expect(needed("foo|bar")).toBe(null);
  expect(needed("(?i)foo")).toBe(null);
});
