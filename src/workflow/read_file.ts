// Reads files of workflows, teams and modes: the one place of this folder that touches the disk.
import { messageOf, Problem } from "../protocol/problem.ts";
import { limits } from "./nodes.ts";

/** The text of a plain file that is not too large; throws a Problem `bad_request`. */
export async function readWorkflowFile(path: string): Promise<string> {
  const refuse = (why: string) => new Problem("bad_request", `Cannot read "${path}": ${why}`);
  const info = await Deno.stat(path).catch((thrown: unknown) => {
    throw refuse(thrown instanceof Deno.errors.NotFound ? "there is no such file" : messageOf(thrown));
  });
  if (!info.isFile) throw refuse("it is no plain file");
  // UTF-8 takes at most three bytes for one unit.
  if (info.size > limits.fileChars * 3) throw refuse(`it is larger than ${limits.fileChars} characters`);
  return await Deno.readTextFile(path).catch((thrown: unknown) => {
    throw refuse(messageOf(thrown));
  });
}
