// A workspace with something outside that must neither be shown nor changed, and every file tool to try it with.
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool, ToolContext } from "../../tools/contract.ts";
import { editTool } from "../../tools/edit.ts";
import { globTool } from "../../tools/glob.ts";
import { grepTool } from "../../tools/grep.ts";
import { notebookEditTool } from "../../tools/notebook_edit.ts";
import { readTool } from "../../tools/read.ts";
import { writeTool } from "../../tools/write.ts";
import { makeWorkspace, runTool, testSession, type TestWorkspace, textOf } from "../tools/workspace.ts";

/** What stands in files outside. */
export const outsideText = "OUTSIDE9d2e";
const notebook = JSON.stringify({
  cells: [{ cell_type: "code", source: outsideText }],
  nbformat: 4,
  nbformat_minor: 4,
});

export interface OutsideDesk extends TestWorkspace {
  /** What each file tool says of this path, one after the other. */
  tryAll(path: string, context?: Partial<ToolContext>): Promise<string[]>;
  /** The same with those that only read. */
  tryReading(path: string, context?: Partial<ToolContext>): Promise<string[]>;
  /** Names and contents of all that lies outside. */
  outsideNow(): Promise<string>;
}

export async function openOutsideDesk(): Promise<OutsideDesk> {
  const space = await makeWorkspace();
  await Deno.mkdir(join(space.outside, "sub"));
  await Deno.mkdir(join(space.dir, "folder"));
  await Deno.writeTextFile(join(space.outside, "secret"), outsideText);
  await Deno.writeTextFile(join(space.outside, "sub/file"), outsideText);
  await Deno.writeTextFile(join(space.outside, "book.ipynb"), notebook);
  await Deno.writeTextFile(join(space.dir, "folder/f"), "inside");
  const run = async (calls: [Tool, JsonObject][], more: Partial<ToolContext>) => {
    const said: string[] = [];
    for (const [tool, args] of calls) {
      // A person may write over what was not read: nothing else holds these calls back.
      const context = space.context({ session: testSession("call_1", { by: "user" }), ...more });
      said.push(textOf(await runTool(tool, args, context)));
    }
    return said;
  };
  return {
    ...space,
    tryAll: (path, more = {}) => run(callsFor(path), more),
    tryReading: (path, more = {}) => run(callsFor(path).filter(([tool]) => tool.effect === "pure"), more),
    outsideNow: async () => {
      const files = ["secret", "sub/file", "book.ipynb"].map((name) =>
        Deno.readTextFile(join(space.outside, name))
      );
      const names = [...Deno.readDirSync(space.outside), ...Deno.readDirSync(join(space.outside, "sub"))];
      return JSON.stringify([names.map(({ name }) => name).sort(), await Promise.all(files)]);
    },
  };
}

function callsFor(path: string): [Tool, JsonObject][] {
  return [
    [readTool, { file_path: path }],
    [grepTool, { pattern: ".", path, output_mode: "content" }],
    [globTool, { pattern: "**", path }],
    [writeTool, { file_path: path, content: "x" }],
    [editTool, { file_path: path, old_string: outsideText, new_string: "x" }],
    [notebookEditTool, { notebook_path: path, cell_number: 1, new_source: "x" }],
  ];
}
