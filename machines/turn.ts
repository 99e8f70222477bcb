// A turn as the sender of a message sees it: from the moment its message is in, to the end of the turn that holds it.
import type { FactOf, TurnOutcome } from "../src/protocol/facts.ts";
import { type Fact, isCallFact, mainActor } from "../src/protocol/facts.ts";
import type { TurnResult } from "../src/protocol/http.ts";
import { resultOf } from "./transcript.ts";

export interface TurnWatch {
  /** The result when this fact ends the turn, else null. Facts come in order, from the one after the message. */
  apply(fact: Fact): TurnResult | null;
}

/** `inTurn`: the message began a turn; otherwise it waits to steer the running one or for the next. */
export function watchTurn(message: FactOf<"message.received">, inTurn: boolean): TurnWatch {
  const result: TurnResult = { messages: [], tool_calls: [], outcome: "completed", seq: message.seq };
  let delivered = inTurn;
  const steers = message.data.delivery === "steer";
  return {
    apply: (fact) => {
      if (fact.type === "mode.finished") {
        // The main agent of a mode calls no model: what the others found together is its answer.
        const { text } = fact.data;
        if (delivered && text !== "") result.messages.push({ role: "assistant", text, calls: [] });
        return null;
      }
      if (fact.actor !== mainActor) return null;
      if (fact.type === "model.called" && steers) delivered = true;
      else if (fact.type === "turn.ended") {
        if (delivered || !goesOn(fact.data.outcome)) {
          return { ...result, outcome: fact.data.outcome, seq: fact.seq };
        }
        delivered = true;
      } else if (delivered) collect(fact, result);
      return null;
    },
  };
}

/** After these ends a waiting message begins the next turn by itself. */
function goesOn(outcome: TurnOutcome): boolean {
  return outcome === "completed" || outcome === "cancelled" || outcome === "limit";
}

function collect(fact: Fact, result: TurnResult): void {
  if (fact.type === "model.replied") {
    const { text, calls } = fact.data;
    if (text !== "" || calls.length > 0) result.messages.push({ role: "assistant", text, calls });
    return;
  }
  const end = resultOf(fact);
  if (end === null || !isCallFact(fact)) return;
  const { call_id, name } = fact.data;
  result.messages.push({ role: "tool", call_id, name, ...end });
  result.tool_calls.push({ call_id, name, status: fact.type.slice("call.".length), output: end.output });
}
