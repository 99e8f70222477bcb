// Notebooks: read cell by cell with outputs and images, and edited so that every other byte stays.
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { messageImagesMax } from "../../src/protocol/model_parts.ts";
import { notebookCellsMax } from "../../tools/notebook.ts";
import { notebookEditTool } from "../../tools/notebook_edit.ts";
import { editCell } from "../../tools/notebook_text.ts";
import { readTool } from "../../tools/read.ts";
import { type RecordedSession, recordSession } from "./recorded_session.ts";
import { makeWorkspace, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let session: RecordedSession;
beforeEach(async () => {
  space = await makeWorkspace();
  session = recordSession(space);
});
afterEach(() => space.remove());

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const code = (source: string[], outputs: unknown[] = [], id = "c-1") => ({
  cell_type: "code",
  execution_count: 3,
  id,
  metadata: { score: 1 },
  outputs,
  source,
});
const markdown = { cell_type: "markdown", id: "m-1", metadata: {}, source: ["# Title\n", "text"] };
const book = (cells: unknown[], minor = 5) => ({
  cells,
  metadata: { language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: minor,
});
const put = (value: unknown, indent: number | string = 1) =>
  writeFile(join(space.dir, "n.ipynb"), JSON.stringify(value, null, indent) + "\n");
const content = () => readFile(join(space.dir, "n.ipynb"), "utf8");
const read = (more = {}) => session.run(readTool, { file_path: "n.ipynb", ...more });
const edit = async (args: Record<string, string | number>) =>
  textOf(await session.run(notebookEditTool, { notebook_path: "n.ipynb", ...args }));

test("Read shows numbered cells with their outputs, and images as images", async () => {
  await put(book([
    markdown,
    code(["x = 1\n", "x"], [
      { output_type: "stream", name: "stdout", text: ["\u001b[31mred\u001b[0m\n"] },
      { output_type: "display_data", data: { "image/png": png, "text/plain": ["<Figure>"] }, metadata: {} },
      { output_type: "execute_result", data: { "text/html": "<b>" }, metadata: {} },
      { output_type: "error", ename: "ValueError", evalue: "bad", traceback: ["line 1"] },
    ]),
  ]));
  const outcome = await read();
  expect(textOf(outcome)).toBe(
    `[notebook, 2 cells, python]

[cell 1, markdown id "m-1"]
# Title
text

[cell 2, code id "c-1"]
x = 1
x
[output of cell 2, stream]
red
[output of cell 2, display_data]
<Figure>
[image image/png, 1x1 pixels, 70 bytes] (image 1)
[output of cell 2, execute_result]
[text/html]
[output of cell 2, error]
ValueError: bad
line 1`,
  );
  expect(outcome).toMatchObject({ images: [{ media_type: "image/png", data: png }] });
});

test("long outputs, many images and many cells are cut, and it says so", async () => {
  const pictures = Array.from(
    { length: messageImagesMax + 1 },
    () => ({ output_type: "display_data", data: { "image/png": png } }),
  );
  const long = { output_type: "stream", text: "y".repeat(9000) };
  await put(
    book([code(["a"], [long, ...pictures]), ...Array.from({ length: notebookCellsMax }, () => markdown)]),
  );
  const outcome = await read();
  expect(textOf(outcome)).toContain("characters left out of 9000");
  expect(textOf(outcome)).toContain("[an image that is not shown]");
  expect(textOf(outcome)).toContain(`[1 more cells: continue with offset ${notebookCellsMax + 1}]`);
  expect(outcome.status === "finished" && outcome.images).toHaveLength(messageImagesMax);
  expect(textOf(await read({ offset: 2, limit: 1 }))).toContain("[cell 2, markdown");
  expect(textOf(await read({ offset: 900 }))).toContain("it has 501 cells");
});

test("a notebook that is none is shown as text", async () => {
  await writeFile(join(space.dir, "n.ipynb"), "{ broken");
  expect(textOf(await read())).toBe("[not a valid notebook, shown as text]\n     1\t{ broken");
});

test("replacing code clears its outputs and leaves every other byte", async () => {
  const before =
    '{\r\n\t"nbformat_minor": 4, "x": 1.0,\r\n\t"cells": [\r\n\t\t{"source": ["old"], "outputs": [1.50], ' +
    '"cell_type": "code", "execution_count": 7, "k": 1e3}\r\n\t],\r\n\t"metadata": {}\r\n}';
  await writeFile(join(space.dir, "n.ipynb"), before);
  expect(await edit({ cell_number: 1, new_source: "x" })).toContain("you have not read it");
  await writeFile(
    join(space.dir, "n.ipynb"),
    before.replace("1.50", "{}").replace("{}", '{"output_type": "z"}'),
  );
  await read();
  expect(await edit({ cell_number: 1, new_source: "a\nb" })).toBe('Replaced cell 1 of "n.ipynb"');
  expect(await content()).toBe(
    before.replace('["old"]', '[\r\n\t\t\t\t"a\\n",\r\n\t\t\t\t"b"\r\n\t\t\t]').replace("[1.50]", "[]")
      .replace("7", "null"),
  );
});

test("cells are inserted and deleted by number or id, in the notebook's own form", async () => {
  for (const indent of [1, 2, "\t", 0]) {
    await put(book([markdown, code(["x"])]), indent);
    await read();
    expect(await edit({ cell_id: "m-1", edit_mode: "insert", new_source: "y = 2\n" })).toBe(
      'Inserted cell 2 of "n.ipynb"',
    );
    const added = {
      cell_type: "code",
      id: expect.any(String),
      metadata: {},
      execution_count: null,
      outputs: [],
      source: ["y = 2\n"],
    };
    expect(JSON.parse(await content())).toEqual(book([markdown, added, code(["x"])]));
    await edit({ cell_number: 4, edit_mode: "insert", cell_type: "markdown", new_source: "end" });
    expect(JSON.parse(await content()).cells).toHaveLength(4);
    await edit({ cell_number: 4, edit_mode: "delete" });
    await edit({ cell_number: 2, edit_mode: "delete" });
    expect(await content()).toBe(JSON.stringify(book([markdown, code(["x"])]), null, indent) + "\n");
  }
});

test("a cell can become another kind", async () => {
  await put(book([code(["x"], [{ output_type: "stream", text: "t" }])]));
  await read();
  await edit({ cell_id: "c-1", cell_type: "markdown", new_source: "# now" });
  expect(JSON.parse(await content()).cells).toEqual([
    { cell_type: "markdown", id: "c-1", metadata: { score: 1 }, source: ["# now"] },
  ]);
});

test("wrong cells and wrong arguments are named", async () => {
  await put(book([markdown]));
  await read();
  expect(await edit({ new_source: "x" })).toContain("give cell_number or cell_id");
  expect(await edit({ cell_number: 2, new_source: "x" })).toContain("there is no cell 2");
  expect(await edit({ cell_id: "zz", new_source: "x" })).toContain('no cell with id "zz"');
  expect(await edit({ cell_number: 1 })).toContain('"new_source" is missing');
  expect(await edit({ cell_number: 1, edit_mode: "delete", new_source: "x" })).toContain("not for delete");
  await writeFile(join(space.dir, "n.ipynb"), "[]");
  await read();
  expect(await edit({ cell_number: 1, new_source: "x" })).toContain("is not as in version 4");
});

const anyCell = fc.record({
  cell_type: fc.constantFrom("code", "markdown"),
  metadata: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  source: fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 })),
});

test("any cell of any notebook can be deleted and replaced without touching the others", () => {
  let edits = 0;
  fc.assert(
    fc.property(
      fc.array(anyCell, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(0, 1, 4, "\t"),
      fc.nat(),
      fc.string(),
      (cells, indent, which, source) => {
        const text = JSON.stringify(book(cells), null, indent);
        const index = which % cells.length;
        const rest = (from: string) => JSON.parse(from).cells.toSpliced(index, 1);
        const replaced = editCell(text, { mode: "replace", index, source, type: undefined });
        expect(rest(replaced)).toEqual(rest(text));
        expect([JSON.parse(replaced).cells[index].source].flat().join("")).toBe(source);
        expect(JSON.parse(editCell(text, { mode: "delete", index })).cells).toEqual(rest(text));
        const id = "new";
        const inserted = editCell(text, { mode: "insert", index, source, type: "code", id });
        expect(editCell(inserted, { mode: "delete", index })).toBe(text);
        edits += 4;
      },
    ),
    { numRuns: 300 },
  );
  console.log(`notebooks: ${edits} edits, all other cells as they were`);
});
