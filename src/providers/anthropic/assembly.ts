// Puts an answer together from its events. Knows when an answer is whole, and never lets half a tool call through.
import type { Usage } from "../../protocol/facts.ts";
import { jsonObject } from "../../protocol/json.ts";
import type { ModelCall } from "../contract.ts";
import type { Answer, Done } from "../wire/attempt.ts";
import { badAnswer, CallFailure } from "../wire/failure.ts";
import { type Block, openBlock, type StartedBlock } from "./block.ts";
import { parseEvent, type StreamEvent, type UsageFields } from "./events.ts";
import { refusal } from "./failure.ts";
import { keepReasoning, type Part } from "./reasoning.ts";

/** The most calls, and the most blocks of any kind, of one answer. */
export const callsMax = 128;
export const blocksMax = 4_096;

const stopReasons: ReadonlyMap<string, string> = new Map([
  ["end_turn", "stop"],
  ["tool_use", "tool_calls"],
  ["max_tokens", "length"],
]);

export function assembleMessage(): Answer {
  const blocks = new Map<number, Block>();
  let text = "";
  let calls = 0;
  let closed = false;
  let stop: { reason: string; category: string | null; explanation: string | null } | null = null;
  let counted: NonNullable<UsageFields> = {};

  const start = (index: number, block: StartedBlock): string => {
    if (blocks.has(index)) throw badAnswer(`its block ${index} begins twice`);
    if (blocks.size >= blocksMax) throw badAnswer(`it has more than ${blocksMax} blocks`);
    if (block.type === "tool_use" && ++calls > callsMax) {
      throw badAnswer(`it has more than ${callsMax} tool calls`);
    }
    blocks.set(index, openBlock(block));
    return block.type === "text" ? block.text ?? "" : "";
  };
  const take = (event: StreamEvent): string => {
    switch (event.type) {
      case "message_start":
        counted = { ...counted, ...given(event.message.usage) };
        return "";
      case "content_block_start":
        return start(event.index, event.content_block);
      case "content_block_delta":
        return blockAt(blocks, event.index).add(event.delta);
      case "content_block_stop":
        blockAt(blocks, event.index).close();
        return "";
      case "message_delta": {
        counted = { ...counted, ...given(event.usage) };
        const { stop_reason: reason, stop_details: details } = event.delta;
        if (reason) {
          stop = { reason, category: details?.category ?? null, explanation: details?.explanation ?? null };
        }
        return "";
      }
      case "message_stop":
        closed = true;
        return "";
      default:
        return event satisfies never;
    }
  };

  return {
    get text() {
      return text;
    },
    get started() {
      return text !== "" || calls > 0;
    },
    get finished() {
      return stop !== null;
    },
    get closed() {
      return closed;
    },
    add(given) {
      const event = parseEvent(given);
      const added = event === null ? "" : take(event);
      text += added;
      return added;
    },
    end() {
      if (stop === null && !closed) throw cutOff(calls);
      const reason = stop?.reason ?? "end_turn";
      if (reason === "refusal") throw refusal(stop?.category ?? null, stop?.explanation ?? null);
      return finish({ blocks: [...blocks.values()], text, reason, usage: usageOf(counted) });
    },
  };
}

interface Collected {
  /** In the order in which they began. */
  blocks: readonly Block[];
  text: string;
  reason: string;
  usage: Usage;
}

function finish({ blocks, text, reason, usage }: Collected): Done {
  // Any other reason (length, a full window) may have cut the last call.
  const whole = reason === "end_turn" || reason === "tool_use" || reason === "stop_sequence";
  const calls: ModelCall[] = [];
  const parts: Part[] = [];
  for (const block of blocks) {
    if (block.kind === "tool_use") calls.push(finishCall(block, whole));
    const part = block.part(whole);
    if (part !== null) parts.push(part);
  }
  if (reason === "model_context_window_exceeded" && text === "" && calls.length === 0) {
    throw new CallFailure("context_overflow", "the request leaves no room for an answer");
  }
  const reasoning = keepReasoning(parts);
  return {
    type: "done",
    text,
    calls,
    usage,
    stop_reason: stopReasons.get(reason) ?? reason,
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

function finishCall(block: Block, whole: boolean): ModelCall {
  const { name, json: source, closed } = block;
  if (name === "") throw badAnswer("a tool call has no name");
  // Models leave the arguments of a tool that takes none empty.
  if (source.trim() === "" && whole) return { name, args: {} };
  const args = parseArgs(source);
  if (args !== null) return { name, args };
  if (!whole || !closed) throw badAnswer(`the arguments of the call of "${name}" are cut off`);
  return { name, args: source };
}

function parseArgs(source: string): ModelCall["args"] | null {
  try {
    const parsed = jsonObject.safeParse(JSON.parse(source));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function blockAt(blocks: ReadonlyMap<number, Block>, index: number): Block {
  const block = blocks.get(index);
  if (block === undefined) throw badAnswer(`it goes on with block ${index}, which never began`);
  return block;
}

function cutOff(calls: number): CallFailure {
  if (calls > 0) return badAnswer("it ended inside a tool call");
  return new CallFailure("disconnected", "the answer ended before it was whole", { retry: true });
}

/** Only what has a number: later events leave out, or set to null, what has not changed. */
function given(fields: UsageFields): NonNullable<UsageFields> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value != null));
}

/** The API counts what it read from the cache, what it wrote there and the rest apart; we count all that was sent. */
function usageOf(counted: NonNullable<UsageFields>): Usage {
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = counted;
  return {
    input_tokens: (counted.input_tokens ?? 0) + (read ?? 0) + (written ?? 0),
    output_tokens: counted.output_tokens ?? 0,
    ...(read == null ? {} : { cache_read_tokens: read }),
    ...(written == null ? {} : { cache_write_tokens: written }),
  };
}
