// One block of an answer in the making: text, a tool call, thinking, or a kind that is not for us.
import type { JsonObject } from "../../protocol/json.ts";
import type { StreamEvent } from "./events.ts";
import type { Part } from "./reasoning.ts";

export type StartedBlock = Extract<StreamEvent, { type: "content_block_start" }>["content_block"];
type Delta = Extract<StreamEvent, { type: "content_block_delta" }>["delta"];

export interface Block {
  readonly kind: string;
  readonly name: string;
  /** The arguments of a call as they came. */
  readonly json: string;
  readonly closed: boolean;
  /** Returns the text of the answer that it adds. */
  add(delta: Delta): string;
  close(): void;
  /** What it is among the answer's parts; null when it is none, or thinking that was cut. */
  part(answerIsWhole: boolean): Part | null;
}

export function openBlock(started: StartedBlock): Block {
  const kind = started.type;
  const fragments: string[] = [];
  const thoughts: string[] = [started.thinking ?? ""];
  let signature = started.signature ?? "";
  let chars = kind === "text" ? (started.text ?? "").length : 0;
  let closed = false;

  const thought = (answerIsWhole: boolean): Part | null => {
    const thinking = thoughts.join("");
    // Cut before it was signed: the API would never take it back.
    if (!closed || (signature === "" && !answerIsWhole)) return null;
    return { type: "thought", block: { type: "thinking", thinking, signature }, text: thinking };
  };
  return {
    kind,
    name: started.name ?? "",
    get json() {
      return fragments.length > 0 ? fragments.join("") : wholeInput(started);
    },
    get closed() {
      return closed;
    },
    add(delta) {
      if (delta.type === "thinking_delta") thoughts.push(delta.thinking ?? "");
      if (delta.type === "signature_delta") signature += delta.signature ?? "";
      if (delta.type === "input_json_delta" && delta.partial_json) fragments.push(delta.partial_json);
      if (delta.type !== "text_delta" || kind !== "text") return "";
      const text = delta.text ?? "";
      chars += text.length;
      return text;
    },
    close() {
      closed = true;
    },
    part(answerIsWhole) {
      if (kind === "tool_use") return { type: "called" };
      if (kind === "text") return { type: "said", chars };
      if (kind === "thinking") return thought(answerIsWhole);
      if (kind !== "redacted_thinking" || typeof started.data !== "string") return null;
      const block: JsonObject = { type: kind, data: started.data };
      return { type: "thought", block, text: "" };
    },
  };
}

/** Some servers send the arguments with the head of the call instead of in pieces. */
function wholeInput(started: StartedBlock): string {
  const { input } = started;
  const empty = input === undefined || input === null ||
    (typeof input === "object" && Object.keys(input).length === 0);
  return empty ? "" : JSON.stringify(input);
}
