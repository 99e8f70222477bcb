// What agents other than the main one answered at the ends of their turns, by model request: what was said in a round of a
// mode is found again by it, whatever the agent said since.
import { type Fact, mainActor } from "../src/protocol/facts.ts";

export interface Answers {
  apply(fact: Fact): void;
  /** The request that an agent answered last without a call; undefined when there is none. */
  last(actor: string): string | undefined;
  text(requestId: string): string;
}

export function createAnswers(): Answers {
  const lastOf = new Map<string, string>();
  const texts = new Map<string, string>();
  return {
    apply: ({ actor, type, data }) => {
      if (type !== "model.replied" || actor === mainActor || data.calls.length > 0) return;
      lastOf.set(actor, data.request_id);
      texts.set(data.request_id, data.text);
    },
    last: (actor) => lastOf.get(actor),
    text: (requestId) => texts.get(requestId) ?? "",
  };
}
