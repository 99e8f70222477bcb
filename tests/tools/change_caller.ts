// A program to be killed: changes files, one call after the other, as the kernel would, and says how far each call got.
// Arguments: workspace, folder for the calls' files.
import { noSecrets } from "../../src/permission/secret_places.ts";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool } from "../../tools/contract.ts";
import { editTool } from "../../tools/edit.ts";
import { writeTool } from "../../tools/write.ts";
import { prepareTool, testSession } from "./workspace.ts";

const [workspace = "", effects = ""] = Deno.args;
const callsMax = 10_000;
const size = 300_000;

/** Replaces the file, changes it, makes another one, and again. */
function nextCall(call: number): { tool: Tool; args: JsonObject } {
  const content = `marker ${call}\n${String(call % 10).repeat(size)}\n`;
  if (call % 3 === 0) return { tool: writeTool, args: { file_path: "f", content } };
  if (call % 3 === 1) {
    return { tool: editTool, args: { file_path: "f", old_string: "marker", new_string: `${content}marked` } };
  }
  return { tool: writeTool, args: { file_path: `new/g${call}`, content } };
}

for (let call = 0; call < callsMax; call++) {
  const callId = `c${call}`;
  const { tool, args } = nextCall(call);
  const prepared = await prepareTool(tool, args, {
    session: testSession(callId, { by: "user" }),
    workspace,
    roots: [workspace],
    secrets: noSecrets,
    sandbox: null,
    effectDir: async () => {
      await mkdir(join(effects, callId), { recursive: true });
      return join(effects, callId);
    },
    signal: new AbortController().signal,
    onOutput: () => {},
  });
  console.log(JSON.stringify({ callId, evidence: prepared.evidence }));
  const outcome = await prepared.run();
  console.log(JSON.stringify({ callId, status: outcome.status }));
}
