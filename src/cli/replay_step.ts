// `jamey replay --step`: a walk through a session, one event at a time; without a terminal, every step is printed.
import type { Client } from "../client/client.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import type { Context } from "./command.ts";
import { concerns } from "./actor_events.ts";
import { diffViews } from "./diff.ts";
import { readEvents } from "./event_pages.ts";
import { openLines } from "./lines.ts";
import { neutralJson } from "./neutral.ts";
import { inWords } from "./machine_text.ts";
import { drawChanges, drawState } from "./replay_state.ts";
import { renderEvent } from "./render.ts";
import { diffTrees, drawTreeDiff } from "./tree_diff.ts";

interface Walk {
  context: Context;
  client: Client;
  session: string;
  actor: string | undefined;
}

const keys = "Enter next, p previous, NUMBER go to, s state, d what changed, r request, q quit";

/** Starts at the event with this number, or the first one after it. */
export async function stepThrough(walk: Walk, at: number): Promise<number> {
  const { terminal } = walk.context;
  const { actor } = walk;
  const events = (await readEvents(walk.client, walk.session))
    .filter((event) => actor === undefined || concerns(event, actor));
  if (!terminal.inIsTerminal || !terminal.outIsTerminal) {
    for (const event of events.filter(({ seq }) => seq >= at)) show(walk.context, event);
    return 0;
  }
  const lines = openLines({ isTerminal: true });
  lines.onInterrupt(() => lines.close());
  terminal.talk(keys);
  let place = clamp(placeOf(at, events), events);
  for (let moved = true;;) {
    const event = events[place];
    if (event === undefined) break;
    if (moved) show(walk.context, event);
    lines.prompt(`${event.seq}/${events.length}> `);
    const typed = await lines.next();
    if (typed === undefined || /^q/i.test(typed.trim())) break;
    const wanted = await act(walk, { events, place }, typed.trim()).catch((thrown) => {
      if (!(thrown instanceof Problem)) throw thrown;
      terminal.warn(messageOf(thrown));
      return place;
    });
    const to = clamp(wanted, events);
    moved = to !== place;
    if (!moved && wanted !== place) {
      terminal.talk(wanted > place ? "This is the last event" : "This is the first event");
    }
    place = to;
  }
  lines.close();
  return 0;
}

interface Stand {
  events: readonly EventEnvelope[];
  place: number;
}

/** The place to go to, which may be beyond the ends. */
async function act(
  { context, client, session }: Walk,
  { events, place }: Stand,
  typed: string,
): Promise<number> {
  const { terminal } = context;
  const event = events[place];
  if (typed === "" || typed === "n") return place + 1;
  if (typed === "p") return place - 1;
  if (/^\d{1,9}$/.test(typed)) return placeOf(Number(typed), events);
  if (event === undefined) return place;
  if (typed === "s") {
    terminal.write(drawState(await client.view(session, event.seq), terminal.colours, terminal.columns));
  } else if (typed === "d") {
    if (event.seq === 1) terminal.talk("There is nothing before the first event");
    else {
      const before = await client.view(session, event.seq - 1);
      const after = await client.view(session, event.seq);
      for (const line of drawTreeDiff(diffTrees(before.state.tree, after.state.tree), terminal.colours)) {
        terminal.line(line);
      }
      terminal.write(drawChanges(diffViews(inWords(before), inWords(after)), terminal.colours));
    }
  } else if (typed === "r") {
    const id = event.data["request_id"];
    if (typeof id !== "string") terminal.talk("This event belongs to no request; go to a model.called event");
    else terminal.line(neutralJson((await client.request(session, id)).wire, 2));
  } else terminal.talk(keys);
  return place;
}

/** The place of the event with this number, or of the next one that is shown. */
function placeOf(seq: number, events: readonly EventEnvelope[]): number {
  const place = events.findIndex((event) => event.seq >= seq);
  return place < 0 ? events.length : seq < 1 ? -1 : place;
}

function show({ terminal, json }: Context, event: EventEnvelope): void {
  if (json) terminal.json(event);
  else terminal.line(renderEvent(event, { colours: terminal.colours, columns: terminal.columns }));
}

function clamp(place: number, events: readonly EventEnvelope[]): number {
  return Math.max(0, Math.min(events.length - 1, place));
}
