// The conversation of one agent: every message there was, and what of it the model is sent from now on.
import type { Message } from "../src/protocol/conversation.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { Fact, FactData, FactOf, ProposedCall } from "../src/protocol/facts.ts";
import { wakesAgent } from "./background_task.ts";
import { compactedView, type Compaction, noCompaction, withCompaction } from "./compaction.ts";

export interface Conversation {
  apply(fact: Fact): void;
  /**
   * Words from elsewhere (mail, the end of another agent), read before the next model call. `wakes`: an idle agent
   * begins a turn because of them. `told` false: its machine was not told, so no turn goes on because of them.
   */
  hear(text: string, options: Heard): void;
  /** What came and no model has been sent yet, oldest first. */
  unread(): readonly Unread[];
  /** A call's one result. */
  result(call: { callId: string; name: string; seq: number }, result: CallResult): void;
  readonly messages: readonly Message[];
  /** For each message the fact that put it where it is; never decreasing. */
  readonly seqs: readonly number[];
  /** What the next model call is sent, less reminders. */
  forRequest(): Message[];
  readonly compaction: Compaction;
}

export interface Heard {
  wakes: boolean;
  told?: boolean;
  /** Where it comes from and what it says, as it is shown while it is unread. */
  mail: Unread;
}

export interface Unread {
  from: string;
  seq: number;
  text: string;
}

export interface CallResult {
  output: string;
  is_error: boolean;
  images?: FactData<"call.finished">["images"];
}

/** `led`: somebody leads the agent, and when its turn is stopped nothing begins another one. */
export function createConversation({ led = false }: { led?: boolean } = {}): Conversation {
  const messages: Message[] = [];
  const seqs: number[] = [];
  let active = false;
  /** Where the agent rests while it is not: only an idle one is woken by the end of a background task. */
  let rest: "idle" | "stopped" | "other" = "idle";
  let steering: Message[] = [];
  let queued: Message[] = [];
  /** Those of the steering messages for which a turn goes on; notes can wait for the next one. */
  let steers = 0;
  let compaction = noCompaction;
  /** `later`: it waits for the turn after this one. */
  let unread: (Unread & { later: boolean })[] = [];

  const arrive = (mail: Unread, later = false): void => void unread.push({ ...mail, later });
  const read = (): void => void (unread = unread.filter(({ later }) => later));

  const put = (seq: number, ...more: Message[]): void => {
    for (const message of more) {
      messages.push(message);
      seqs.push(seq);
    }
  };
  const flushSteering = (seq: number): void => {
    put(seq, ...steering);
    steering = [];
    steers = 0;
  };

  const flushAll = (seq: number): void => {
    flushSteering(seq);
    put(seq, ...queued);
    queued = [];
  };

  function receive(fact: FactOf<"message.received">): void {
    const { text, message_id, delivery, images } = fact.data;
    const message: Message = { role: "user", text, message_id, ...(images === undefined ? {} : { images }) };
    arrive({ from: fact.data.source ?? "user", seq: fact.seq, text }, active && delivery === "queue");
    if (!active) {
      flushSteering(fact.seq);
      put(fact.seq, message);
      active = true;
    } else if (delivery === "steer") {
      steering.push(message);
      steers += 1;
    } else queued.push(message);
  }

  function endTurn(fact: FactOf<"turn.ended">): void {
    const { outcome } = fact.data;
    const goesOn = outcome === "completed" || (!led && (outcome === "cancelled" || outcome === "limit"));
    active = goesOn && steers + queued.length > 0;
    rest = outcome === "completed" ? "idle" : "other";
    unread = unread.map((mail) => ({ ...mail, later: false }));
    flushAll(fact.seq);
  }

  /** An agent that waits at a limit is the only one with a turn open then: the turn is over. */
  function stop({ seq }: FactOf<"session.archived">): void {
    if (active) flushAll(seq);
    active = false;
    rest = "stopped";
  }

  function hear(text: string, { wakes, told = true, mail }: Heard): void {
    steering.push({ role: "user", text });
    arrive(mail);
    if (!told) return;
    if (active) steers += 1;
    else active = rest === "idle" && wakes;
  }

  function reply({ seq, data }: FactOf<"model.replied">): void {
    const { text, calls, reasoning } = data;
    if (text === "" && calls.length === 0) return;
    put(seq, assistant(text, calls, reasoning));
  }

  return {
    messages,
    seqs,
    hear,
    unread: () => unread.map(({ from, seq, text }) => ({ from, seq, text })),
    get compaction() {
      return compaction;
    },
    apply: (fact) => {
      switch (fact.type) {
        case "message.received":
          return receive(fact);
        case "agent.started":
          put(fact.seq, asked(fact.data));
          active = true;
          return;
        case "mode.started":
          // Whoever answers for it is told what its model would have been.
          flushSteering(fact.seq);
          return read();
        case "mode.finished":
          // The main agent of a mode calls no model: what the others found together is its answer.
          if (fact.data.text !== "") put(fact.seq, assistant(fact.data.text, [], undefined));
          return;
        case "model.called":
          active = true;
          read();
          return flushSteering(fact.seq);
        case "model.replied":
          return reply(fact);
        case "turn.ended":
          return endTurn(fact);
        // Between a call and its result nothing may stand: notes wait for the next model call.
        case "background.ended": {
          const text = backgroundNote(fact.data);
          const mail = { from: "background", seq: fact.seq, text };
          return hear(noteText(text), { wakes: wakesAgent(fact.data.status), mail });
        }
        case "session.archived":
          return stop(fact);
        case "session.restored":
          rest = "idle";
          return;
        case "session.forked":
          if (rest === "stopped") rest = "idle";
          return;
        case "hook.ran":
          return void steering.push(...note(hookNote(fact.data)));
        case "session.mode_changed":
          return void steering.push(...note(modeNote(fact.data)));
        case "context.compacted":
          compaction = withCompaction(compaction, fact.data);
      }
    },
    result: ({ callId, name, seq }, result) =>
      put(seq, { role: "tool", call_id: callId, name, ...withoutUndefined(result) }),
    forRequest: () => compactedView({ messages, seqs, steering }, compaction),
  };
}

/** What an agent is begun with. */
function asked({ prompt, images }: FactData<"agent.started">): Message {
  return { role: "user", text: prompt, ...(images === undefined ? {} : { images }) };
}

function assistant(
  text: string,
  calls: ProposedCall[],
  reasoning: FactData<"model.replied">["reasoning"],
): Message {
  return { role: "assistant", text, calls, ...(reasoning === undefined ? {} : { reasoning }) };
}

function withoutUndefined({ output, is_error, images }: CallResult): CallResult {
  return images === undefined ? { output, is_error } : { output, is_error, images };
}

function note(text: string | null): Message[] {
  return text === null ? [] : [{ role: "user", text: noteText(text) }];
}

/** Words of the runtime, which ask for nothing by themselves. */
export function noteText(text: string): string {
  return enclosed("note", text);
}

function backgroundNote({ background_id, status, exit_code, output }: FactData<"background.ended">) {
  if (status === "left_behind") {
    return `Background task ${background_id} runs in the session this one was forked from, not here`;
  }
  const code = exit_code === undefined ? "" : `, exit code ${exit_code}`;
  return `Background task ${background_id} has ended: ${status.replaceAll("_", " ")}${code}\n${output}`;
}

function hookNote({ event, outcome, reason, context, name }: FactData<"hook.ran">): string | null {
  // What objects before a call is heard in its refusal; what was done can only be objected to in words.
  const objection = event === "PostToolUse" && outcome === "blocked" ? reason : undefined;
  const said = [objection, context].filter((words) => words !== undefined);
  return said.length === 0 ? null : `The hook "${name}" says: ${said.join("\n")}`;
}

function modeNote({ permission_mode, by }: FactData<"session.mode_changed">): string | null {
  return by === "agent" ? null : `The permission mode is now "${permission_mode}"`;
}
