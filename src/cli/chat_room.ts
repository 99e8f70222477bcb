// One session being chatted in: follows it, shows it, knows whether a turn runs and what waits for an answer.
import { wasArchived } from "./archive.ts";
import type { Client } from "../client/client.ts";
import { follow } from "../client/follow.ts";
import { type EventEnvelope, type Image, mainActor } from "../protocol/facts.ts";
import { messageOf } from "../protocol/problem.ts";
import type { NameOf } from "./actor_labels.ts";
import { createAgentTally } from "./agent_tally.ts";
import { createChatView } from "./chat_view.ts";
import { neutral } from "./neutral.ts";
import { linkText } from "./link_text.ts";
import { createPending, type Pending } from "./pending.ts";
import type { Terminal } from "./terminal.ts";

export interface Room {
  sessionId: string;
  /** Sends a message; resolves when it is durable. */
  say(message: string, images?: Image[]): Promise<void>;
  /** Work of the person's own, such as a tool by hand: the chat rests when it has ended, and says why when it could not. */
  during(work: Promise<unknown>): void;
  isBusy(): boolean;
  /** How many of the other agents work and wait, in words; "" when none does. */
  agents(): string;
  /** Also shows the text of this agent as it comes; undefined: the main one's only. */
  follow(actor: string | undefined): void;
  /** What an actor is called here. */
  nameOf: NameOf;
  /** What has waited for a person for longest. */
  question(): Pending | undefined;
  answered(key: string): void;
  /** The answer did not arrive: it waits again. */
  again(pending: Pending): void;
  /** Resolves when no turn runs, or a question waits. */
  rest(): Promise<void>;
  /** What ended the following, when it was not `leave`: a Problem, or stdout was closed. */
  failure(): { thrown: unknown } | undefined;
  leave(): Promise<void>;
}

export interface RoomOptions {
  client: Client;
  terminal: Terminal;
  sessionId: string;
  /** Called when something changed that the prompt depends on. */
  changed(): void;
}

const countEveryMs = 1_000;

/** Shows the history; resolves when it has been shown. */
export async function enterRoom({ client, terminal, sessionId, changed }: RoomOptions): Promise<Room> {
  const stop = new AbortController();
  const own = new Set<string>();
  const pending = createPending();
  const view = createChatView(terminal, { typedHere: (id) => own.has(id) });
  const tally = createAgentTally();
  let counted = "";
  let countedAt = -Infinity;
  let isLive = false;
  let busy = false;
  let byHand = 0;
  let sent = 0;
  let failure: { thrown: unknown } | undefined;
  const waiters = new Set<() => void>();
  const synced = Promise.withResolvers<void>();

  const isBusy = () => busy || byHand > 0;
  function wake(): void {
    for (const waiter of waiters) waiter();
    waiters.clear();
    // The prompt of a question has a line of its own.
    if (pending.all().length > 0) view.closeLine();
    changed();
  }
  function fact(event: EventEnvelope): void {
    pending.fact(event);
    view.event(event);
    tally.fact(event);
    if (event.actor !== mainActor) return;
    if (event.type === "message.received" || event.type === "model.called") busy = true;
    if (event.type === "turn.ended" && event.seq > sent) busy = false;
  }
  /** While there is no prompt to say it. */
  function count(): void {
    const now = performance.now();
    const text = tally.text();
    if (
      !isLive || !terminal.inIsTerminal || !isBusy() || text === counted || now - countedAt < countEveryMs
    ) return;
    [counted, countedAt] = [text, now];
    if (text === "") return;
    view.closeLine();
    terminal.talk(terminal.talkColours.dim(`  agents: ${text}`));
  }
  async function run(): Promise<void> {
    const onLink = (isUp: boolean) => {
      view.closeLine();
      terminal.talk(terminal.talkColours.dim(linkText(isUp)));
      changed();
    };
    for await (const frame of follow(client, sessionId, { signal: stop.signal, onLink })) {
      if (frame.type === "delta") view.delta(frame);
      if (frame.type === "notice") view.notice(frame);
      if (frame.type === "event") fact(frame.event);
      if (frame.type === "synced") {
        isLive = true;
        synced.resolve();
      }
      if (frame.type === "event") {
        count();
        wake();
      }
    }
  }
  const running = run().catch((thrown) => {
    failure = { thrown };
  }).finally(() => {
    if (!stop.signal.aborted) failure ??= { thrown: wasArchived(sessionId) };
    synced.resolve();
    wake();
  });
  await synced.promise;

  return {
    sessionId,
    async say(message, images = []) {
      const id = crypto.randomUUID();
      own.add(id);
      busy = true;
      const { seq } = await client.send(sessionId, {
        message,
        id,
        ...(images.length === 0 ? {} : { images }),
      }).catch((thrown) => {
        busy = false;
        throw thrown;
      });
      sent = Math.max(sent, seq);
    },
    during(work) {
      byHand++;
      work.catch((thrown) => {
        view.closeLine();
        terminal.warn(`${terminal.talkColours.red("error:")} ${neutral(messageOf(thrown))}`);
      }).finally(() => {
        byHand--;
        wake();
      });
    },
    isBusy,
    agents: tally.text,
    follow: view.follow,
    nameOf: view.nameOf,
    question: () => pending.all()[0],
    answered: pending.answered,
    again: pending.again,
    async rest() {
      while (isBusy() && pending.all().length === 0 && failure === undefined && !stop.signal.aborted) {
        await new Promise<void>((resolve) => waiters.add(resolve));
      }
      view.closeLine();
    },
    failure: () => failure,
    async leave() {
      stop.abort();
      await running;
    },
  };
}
