// SendMessage: mail from one agent to others. The mail and the result of the call are one write: both are there, or neither.
import { z } from "zod";
import type { Unread } from "../machines/conversation.ts";
import type { Tool } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { meantBy, nameOf } from "./actor_names.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { beginKernelCall, finished, type KernelTool } from "./kernel_call.ts";

/** What may wait for one reader. All of it is read at once, so more would not fit into its model's window. */
export const unreadMax = { letters: 1_000, characters: 200_000 };

const mailArgs = z.strictObject({
  to: z.union([z.string().min(1).max(500), z.array(z.string().min(1).max(500)).min(1).max(64)]).describe(
    'Names of agents; "parent" or "lead" for the one above you, "main", "@all" for all you work with',
  ),
  message: z.string().min(1).max(100_000),
});

export function sendMessageTool(): Tool {
  return defineTool({
    name: "SendMessage",
    description:
      "Writes to other agents of this session that live. They read it before their next model call; one that rests is woken. " +
      "It does not wait for an answer, which comes as a message too",
    parameters: mailArgs,
    effect: "idempotent",
    requires_confirmation: false,
    allowed_in_plan: true,
    limits: { timeoutMs: 1_000, outputCharsMax: 10_000 },
    run: () => Promise.reject(new Error("Mail is sent by the kernel, not run as a tool")),
  });
}

export const sendMail: KernelTool = async (session, record, call) => {
  const { actor, callId } = record;
  if (record.by === "user") {
    return { status: "failed", error: "Cannot run SendMessage by hand: send a message to the agent itself" };
  }
  const { to, message: text } = mailArgs.parse(record.args);
  const message_id = `mail-${callId}`;
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const transcript = await session.transcript();
  const { crew } = transcript;
  const asked = Array.isArray(to) ? to : [to];
  // Delivered, and then the daemon went down before it could say so.
  if (crew.wasSent(message_id)) return finished(`Delivered to ${asked.join(", ")}`);
  const paths = new Set<string>();
  for (const one of asked) {
    const meant = meantBy(actor, one, session, transcript);
    if ("why" in meant) {
      return { status: "failed", error: `Cannot send the message to "${one}", nobody got it: ${meant.why}` };
    }
    for (const path of meant.paths) paths.add(path);
  }
  if (paths.delete(actor) && paths.size === 0) {
    return { status: "failed", error: "Cannot send the message: it is to nobody but yourself" };
  }
  const full = [...paths].find((path) => isFull(transcript.conversation(path).unread(), text));
  if (full !== undefined) {
    return {
      status: "failed",
      error:
        `Cannot send the message to "${
          nameOf(full, crew)
        }", nobody got it: too much waits to be read there ` +
        `(${unreadMax.letters} letters or ${unreadMax.characters} characters at most); go on once it has read`,
    };
  }
  const names = [...paths].map((path) => nameOf(path, crew));
  const data = { message_id, from: nameOf(actor, crew), to: [...paths], text };
  return {
    status: "finished",
    output: `Delivered to ${names.join(", ")}`,
    truncated: false,
    facts: [{ type: "team.message_sent", data }],
  };
};

/** Whether what waits for a reader leaves no room for one more letter of this text. */
export function isFull(unread: readonly Unread[], text: string): boolean {
  const characters = unread.reduce((sum, letter) => sum + letter.text.length, text.length);
  return unread.length >= unreadMax.letters || characters > unreadMax.characters;
}
