// The fault families of changing files: changed underneath, odd bytes, killed in the middle. Each prints what it tried.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { z } from "zod";
import type { JsonObject } from "../../src/protocol/json.ts";
import { jsonValue } from "../../src/protocol/json.ts";
import type { Tool } from "../../tools/contract.ts";
import { editTool } from "../../tools/edit.ts";
import { notebookEditTool } from "../../tools/notebook_edit.ts";
import { readTool } from "../../tools/read.ts";
import { undoTool } from "../../tools/undo.ts";
import { writeTool } from "../../tools/write.ts";
import { type RecordedSession, recordSession } from "./recorded_session.ts";
import { makeWorkspace, recoverTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let session: RecordedSession;
beforeEach(async () => {
  space = await makeWorkspace();
  session = recordSession(space);
});
afterEach(() => space.remove());
const at = (name: string) => join(space.dir, name);

const notebook = JSON.stringify({
  cells: [{ cell_type: "raw", metadata: {}, source: "mine" }],
  metadata: {},
  nbformat: 4,
});
const changes: { name: string; tool: Tool; args: JsonObject }[] = [
  { name: "Write", tool: writeTool, args: { file_path: "f.ipynb", content: "theirs is lost" } },
  { name: "Edit", tool: editTool, args: { file_path: "f.ipynb", old_string: "mine", new_string: "edited" } },
  {
    name: "NotebookEdit",
    tool: notebookEditTool,
    args: { notebook_path: "f.ipynb", cell_number: 1, new_source: "edited" },
  },
  { name: "Undo", tool: undoTool, args: {} },
];
/** What others may do to the file; each leaves a state that must be the same afterwards. */
const others: Record<string, (file: string) => Promise<void>> = {
  "write over it": (file) => writeFile(file, notebook.replace("mine", "mine and theirs")),
  "put another in its place": async (file) => {
    await writeFile(`${file}.new`, notebook.replace("mine", "mine, theirs"));
    await rename(`${file}.new`, file);
  },
  "add a byte": (file) => writeFile(file, `${notebook}\n`),
  "empty it": (file) => writeFile(file, ""),
  "remove it": (file) => rm(file),
  "put a link in its place": async (file) => {
    await rm(file);
    await symlink(join(space.outside, "other"), file);
  },
};

/** All that is there, links as links. */
async function stateOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  return await Promise.all(names.map(async (name) => {
    const path = join(folder, name);
    const link = await Deno.readLink(path).catch(() => null);
    return `${name}: ${link ?? await readFile(path, "utf8")}`;
  }));
}

test("a file that is changed underneath is never written over, whoever comes when", async () => {
  let [interleavings, refused] = [0, 0];
  for (const { name, tool, args } of changes) {
    for (const [what, act] of Object.entries(others)) {
      for (const when of ["after it was read", "after the call was prepared"]) {
        // Nobody's work is lost when a file that is gone is written anew.
        if (name === "Write" && what === "remove it" && when === "after it was read") continue;
        await space.remove();
        space = await makeWorkspace();
        session = recordSession(space);
        await writeFile(join(space.outside, "other"), notebook);
        await writeFile(at("f.ipynb"), notebook.replace("mine", "mine first"));
        await session.run(editTool, { file_path: "f.ipynb", old_string: "mine first", new_string: "mine" });
        await session.run(readTool, { file_path: "f.ipynb" });
        const by = tool === undoTool ? "user" : "model";
        let text: string;
        let left: string[];
        if (when === "after it was read") {
          await act(at("f.ipynb"));
          left = await stateOf(space.dir);
          text = textOf(await session.run(tool, args, { by }));
        } else {
          const prepared = await session.prepare(tool, args, { by });
          await act(at("f.ipynb"));
          left = await stateOf(space.dir);
          text = textOf(await prepared.run());
        }
        expect(text, `${name}, ${what} ${when}`).toMatch(/^Cannot /);
        expect(await stateOf(space.dir), `${name}, ${what} ${when}`).toEqual(left);
        expect(await stateOf(space.outside)).toEqual([`other: ${notebook}`]);
        interleavings++;
        refused++;
      }
    }
  }
  console.log(`F6: ${interleavings} interleavings, ${refused} refused, 0 updates lost`);
});

test("calls at the same time lose none of each other's changes", async () => {
  const [rounds, atOnce] = [30, 8];
  let [made, refused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const marks = Array.from({ length: atOnce }, (_, mark) => `<${mark}>`);
    await writeFile(at("f"), marks.join("\n"));
    await rm(at("new"), { force: true });
    const outcomes = await Promise.all([
      ...marks.map((mark) =>
        session.run(editTool, { file_path: "f", old_string: mark, new_string: `${mark} done` }, {
          seen: () => undefined,
        })
      ),
      ...marks.map((mark) => session.run(writeTool, { file_path: "new", content: mark })),
    ]);
    const text = await readFile(at("f"), "utf8");
    for (const [mark, outcome] of outcomes.slice(0, atOnce).entries()) {
      expect(text.includes(`<${mark}> done`)).toBe(outcome.status === "finished");
    }
    const creators = outcomes.slice(atOnce).filter(({ status }) => status === "finished");
    expect(creators).toHaveLength(1);
    made += outcomes.filter(({ status }) => status === "finished").length;
    refused += outcomes.filter(({ status }) => status === "failed").length;
    expect((await readdir(space.dir)).sort()).toEqual(["f", "new"]);
  }
  console.log(
    `F6: ${rounds * atOnce * 2} calls at the same time, ${made} made and all there, ${refused} refused`,
  );
}, 60_000);

const odd = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom<number[]>(
      [0xef, 0xbb, 0xbf],
      [13, 10],
      [10],
      [13],
      [0],
      [0xf0, 0x9f, 0x98, 0x80],
      [97],
      [32],
      [0xe2, 0x80, 0xa8],
      Array.from({ length: 20_000 }, () => 120),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<number[]>([0xff], [0xc3], [0xed, 0xa0, 0x80]) },
);
const oddBytes = fc.array(odd, { maxLength: 12 }).map((parts) => parts.flat());
const mark = [...new TextEncoder().encode("<<MARK>>")];

test("an edit changes its piece and no other byte, whatever the file is made of", async () => {
  const counts = { edits: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      oddBytes,
      oddBytes,
      fc.constantFrom("", "x", "x\ny", "é\r\n", "\ufeff"),
      async (head, tail, put) => {
        const before = Uint8Array.from([...head, ...mark, ...tail]);
        await writeFile(at("f"), before);
        const outcome = await session.run(editTool, {
          file_path: "f",
          old_string: "<<MARK>>",
          new_string: put,
        }, { seen: () => undefined });
        const after = await readFile(at("f"));
        if (!isUtf8(before)) {
          counts.refused++;
          expect(textOf(outcome)).toContain("not valid UTF-8");
          expect(after.equals(before)).toBe(true);
          return;
        }
        counts.edits++;
        // A file of CRLF only gets its own line ends.
        const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(before);
        const isCrlf = text.includes("\r\n") && !/(^|[^\r])\n/.test(text) && !put.includes("\r");
        const piece = new TextEncoder().encode(isCrlf ? put.replaceAll("\n", "\r\n") : put);
        expect(after.equals(Uint8Array.from([...head, ...piece, ...tail]))).toBe(true);
        await session.run(undoTool, {}, { by: "user" });
        expect((await readFile(at("f"))).equals(before)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
  console.log(
    `F7: ${counts.edits} edits of odd files, every other byte the same, and undone; ${counts.refused} refused as not UTF-8`,
  );
}, 120_000);

function isUtf8(bytes: Uint8Array): boolean {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes) !== null;
  } catch {
    return false;
  }
}

test("a file of no bytes and one without a last line end keep what they have", async () => {
  await writeFile(at("f"), "");
  expect(textOf(await session.run(editTool, { file_path: "f", old_string: "a", new_string: "b" }))).toContain(
    "does not occur",
  );
  expect(await readFile(at("f"))).toHaveLength(0);
  await writeFile(at("f"), "a\nb");
  await session.run(editTool, { file_path: "f", old_string: "a", new_string: "c" });
  expect(await readFile(at("f"), "utf8")).toBe("c\nb");
});

const line = z.object({
  callId: z.string(),
  status: z.string().optional(),
  evidence: z.looseObject({
    path: z.string(),
    before: z.looseObject({ sha256: z.string() }).nullable(),
    after: z.looseObject({ sha256: z.string() }),
  }).optional(),
});

/** Lets a program change files, and kills it without mercy some time after it said `lines` lines. */
async function killWhileChanging(lines: number, delayMs: number): Promise<z.infer<typeof line>[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("./change_caller.ts", import.meta.url).pathname, space.dir, space.effects],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (text.split("\n").length <= lines) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the program ended early: ${text}`);
    text += value;
  }
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill("SIGKILL");
  await child.status;
  for (let rest = await reader.read(); !rest.done; rest = await reader.read()) text += rest.value;
  return text.split("\n").slice(0, -1).map((each) => line.parse(JSON.parse(each)));
}

const hashOf = async (path: string) => {
  const bytes = await readFile(path).catch(() => null);
  return bytes && createHash("sha256").update(bytes).digest("hex");
};

test(
  "a program killed while it changes a file leaves the old one or the new one, and recovery makes it the new one",
  async () => {
    const counts = { kills: 0, before: 0, halfway: 0, after: 0, between: 0 };
    for (let kill = 0; kill < 30; kill++) {
      await space.remove();
      space = await makeWorkspace();
      const said = await killWhileChanging(1 + 2 * (kill % 6), (kill * 5) % 13);
      counts.kills++;
      const last = said.findLast(({ evidence }) => evidence !== undefined);
      if (last?.evidence === undefined) throw new Error("nothing was prepared");
      const { path, before, after } = last.evidence;
      const found = await hashOf(path);
      const names = await readdir(dirname(path)).catch(() => []);
      if (names.some((name) => name.startsWith(".jamey-"))) counts.halfway++;
      expect([before?.sha256 ?? null, after.sha256]).toContain(found);
      if (said.at(-1)?.status !== undefined) counts.between++;
      else if (found === after.sha256) counts.after++;
      else counts.before++;
      const context = space.context({ callId: last.callId });
      const outcome = await recoverTool(
        writeTool,
        { file_path: path, content: "" },
        jsonValue.parse(last.evidence),
        context,
      );
      expect(outcome).toMatchObject({ status: "finished", facts: [{ type: "file.changed" }] });
      expect(await hashOf(path)).toBe(after.sha256);
      // A call that was being prepared when the program died has touched nothing, and all others ended.
      for (const folder of [space.dir, dirname(path)]) {
        expect((await readdir(folder)).filter((name) => name.startsWith(".jamey-"))).toEqual([]);
      }
    }
    console.log(
      `F8: ${counts.kills} kills: ${counts.before} before the change (${counts.halfway} with a temporary file), ${counts.after} after it, ${counts.between} between calls; never a partial file`,
    );
  },
  240_000,
);
