// `jamey export`: a whole session in one file, for other people and programs; without secrets unless they are wanted.
import { resolve } from "node:path";
import type { Client } from "../client/client.ts";
import { type EventEnvelope, eventEnvelope } from "../protocol/facts.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { redactValues } from "../redact/redact_values.ts";
import { type Command, type Context, type Input, need } from "./command.ts";
import { neutralJson } from "./neutral.ts";
import { transcriptPart } from "./transcript.ts";

const pageEvents = 200;
/** Its readers may be many: only the person who wrote it can read it first. */
const fileMode = 0o600;
const formats = ["jsonl", "markdown"] as const;
type Format = (typeof formats)[number];

export const exportCommand: Command = {
  usage: "export <session>",
  summary: "Write a session to one file, with secrets taken out",
  options: [
    ["-o, --output <file>", "The file to write, which must not be there yet (default: stdout)"],
    [
      "--format <format>",
      "jsonl: every event, with its images (default); markdown: the conversation, to be read",
    ],
    ["--no-redact", "Leave in what looks like a secret"],
  ],
  examples: [
    "jamey export last -o session.jsonl",
    "jamey export review --format markdown -o review.md",
    "jamey export last | jq .type",
  ],
  async run(context, input) {
    const session = need(input, 0, "the session", "export");
    const format = formatOf(input);
    const client = await context.client();
    const { session_id } = await client.view(session);
    const sink = openSink(context, input.text("output"));
    try {
      const total = await writeSession(client, session_id, { format, redact: input.flag("redact"), ...sink });
      sink.close();
      say(context, { session_id, file: input.text("output"), isRedacted: input.flag("redact"), ...total });
    } catch (thrown) {
      sink.abandon();
      throw thrown;
    }
    return 0;
  },
};

interface Total {
  events: number;
  found: Record<string, number>;
}

async function writeSession(
  client: Client,
  session: string,
  { format, redact, write }: { format: Format; redact: boolean; write(text: string): void },
): Promise<Total> {
  const total: Total = { events: 0, found: {} };
  for (let after = 0;;) {
    const { events, head } = await client.events(session, after, pageEvents);
    const written = redact ? await withoutSecrets(events, total.found) : events;
    write(
      written.map((event) => format === "jsonl" ? `${neutralJson(event)}\n` : transcriptPart(event)).join(""),
    );
    total.events += events.length;
    after = events.at(-1)?.seq ?? head;
    if (events.length === 0 || after >= head) return total;
  }
}

async function withoutSecrets(
  events: readonly EventEnvelope[],
  found: Record<string, number>,
): Promise<EventEnvelope[]> {
  const clean = await redactValues(events);
  for (const [what, count] of Object.entries(clean.found)) found[what] = (found[what] ?? 0) + count;
  return clean.values.map((value) => eventEnvelope.parse(value));
}

interface Sink {
  write(text: string): void;
  close(): void;
  /** Leaves no half of a file behind. */
  abandon(): void;
}

function openSink(context: Context, file: string | undefined): Sink {
  if (file === undefined) {
    return { write: (text) => context.terminal.write(text), close: () => {}, abandon: () => {} };
  }
  const path = resolve(file);
  const handle = create(path);
  return {
    write: (text) => {
      for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
        bytes = bytes.subarray(handle.writeSync(bytes));
      }
    },
    close: () => {
      handle.syncSync();
      handle.close();
    },
    abandon: () => {
      handle.close();
      Deno.removeSync(path);
    },
  };
}

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true, mode: fileMode });
  } catch (thrown) {
    const why = thrown instanceof Deno.errors.AlreadyExists ? "it is there already" : messageOf(thrown);
    throw new Problem("bad_request", `Cannot write "${path}": ${why}`, {
      hint: "Name another file with --output",
    });
  }
}

function say(
  context: Context,
  { events, found, file, session_id, isRedacted }: Total & {
    session_id: string;
    file: string | undefined;
    isRedacted: boolean;
  },
): void {
  const redacted = Object.values(found).reduce((sum, count) => sum + count, 0);
  if (context.json && file !== undefined) {
    return context.terminal.json({
      session_id,
      file: resolve(file),
      events,
      redacted: isRedacted ? found : null,
    });
  }
  const where = file === undefined ? "" : ` to "${resolve(file)}"`;
  const kinds = Object.entries(found).map(([what, count]) => `${count} ${what}`).join(", ");
  const secrets = !isRedacted
    ? "nothing was taken out (--no-redact)"
    : redacted === 0
    ? "nothing looked like a secret"
    : `${redacted} secrets taken out (${kinds})`;
  context.terminal.talk(`Wrote ${events} events${where}; ${secrets}; read it before you share it`);
}

function formatOf(input: Input): Format {
  const given = input.text("format") ?? "jsonl";
  const format = formats.find((known) => known === given);
  if (format !== undefined) return format;
  throw new Problem(
    "usage",
    `Cannot run "jamey export": "--format" is "${given}", expected ${formats.join(" or ")}`,
  );
}
