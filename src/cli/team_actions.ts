// What `jamey team` does.
import type { Client } from "../client/client.ts";
import { follow } from "../client/follow.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import { Problem } from "../protocol/problem.ts";
import type { TeamView } from "../protocol/team_spec.ts";
import { wasArchived } from "./archive.ts";
import { type Context, type Input, seqMax } from "./command.ts";
import { linkText } from "./link_text.ts";
import { checkModel } from "./model_choice.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { nameOption, refuseIgnored, sessionSettings } from "./new.ts";
import { signalExit } from "./signals.ts";
import { readTeamFile } from "./team_file.ts";
import { teamLines } from "./team_text.ts";
import { sayWaiting } from "./waiting.ts";

const actions = { run, check, show, send, cancel } as const;
const summaryShownMax = 2_000;
const exitCodes: Readonly<Record<string, number>> = { completed: 0, limit: 53 };

/** Does what the first word says. */
export async function runTeam(context: Context, input: Input): Promise<number> {
  const [action = "", ...words] = input.args;
  const known = Object.entries(actions).find(([name]) => name === action);
  if (known === undefined) throw usage("team", `the action is one of ${Object.keys(actions).join(", ")}`);
  return await known[1](context, input, words);
}

async function check({ terminal, json }: Context, _input: Input, words: string[]): Promise<number> {
  const spec = await readTeamFile(word(words, 0, "the file", "team check"));
  if (json) terminal.json(spec);
  else {terminal.line(
      `"${neutralLine(spec.name)}" is a team of ${spec.members.length}: nothing is wrong with it`,
    );}
  return 0;
}

async function run(context: Context, input: Input, words: string[]): Promise<number> {
  const file = word(words, 0, "the file", "team run");
  refuseIgnored(input, "team run");
  const read = await readTeamFile(file);
  const prompt = input.text("prompt");
  const spec = prompt === undefined ? read : { ...read, goal: `${read.goal}\n\n${prompt}` };
  const client = await context.clientOrStart();
  const session = input.text("session") ?? await newSession(client, input, spec.name);
  const { session_id } = (await client.view(session)).state.summary;
  const { team, seq } = await client.startTeam(session_id, spec);
  context.terminal.talk(`Team ${nameOf(team)} works in session ${session_id}`);
  if (input.flag("detach")) {
    if (context.json) context.terminal.json({ session_id, team, seq });
    else context.terminal.line(session_id);
    return 0;
  }
  return await waitFor(context, client, { session: session_id, team, after: seq - 1 });
}

async function newSession(client: Client, input: Input, team: string): Promise<string> {
  const settings = { ...nameOption(input, "team run"), ...sessionSettings(input, "team run") };
  await checkModel(client, settings.model);
  const { session_id } = await client.create(settings);
  // A list of sessions says what each is about.
  if (settings.name === undefined) {
    await client.rename(session_id, `${neutralLine(team).slice(0, 150)} ${session_id.slice(0, 6)}`).catch(
      () => {},
    );
  }
  return session_id;
}

/** Says what the team does until it ends; interrupted, it goes on without being watched. */
async function waitFor(
  context: Context,
  client: Client,
  { session, team, after }: { session: string; team: string; after: number },
): Promise<number> {
  const { terminal, signals } = context;
  const stop = new AbortController();
  let exit = 1;
  const release = signals.handle((signal) => {
    exit = signalExit[signal];
    stop.abort();
  });
  try {
    const onLink = (isUp: boolean) => terminal.talk(linkText(isUp));
    for await (
      const frame of follow(client, session, { after, deltas: false, signal: stop.signal, onLink })
    ) {
      if (frame.type !== "event") continue;
      const said = progressLine(frame.event, { session, team });
      if (said !== null) terminal.talk(said);
      if (frame.event.type === "team.finished" && frame.event.actor === team) {
        const view = (await client.teams(session)).teams.find(({ path }) => path === team);
        return ended(context, session, view);
      }
    }
  } finally {
    release();
  }
  if (!stop.signal.aborted) throw wasArchived(session);
  terminal.talk(
    `Team ${nameOf(team)} goes on: look with jamey team show ${session}, ` +
      `cancel it with jamey team cancel ${session} ${neutralLine(team)}`,
  );
  return exit;
}

/** What it is called in its session: its name there may be taken already. */
function nameOf(team: string): string {
  return neutralLine(team.slice("team:".length));
}

function ended({ terminal, json }: Context, session: string, view: TeamView | undefined): number {
  if (view === undefined) {
    throw new Problem("internal", "Cannot show the team: the session has none of that name");
  }
  if (json) terminal.json({ session_id: session, ...view });
  else {
    terminal.talk(`${view.path} ${view.state}: ${shortLine(view.reason, summaryShownMax)}`);
    for (const { name, state, detail } of view.members) {
      terminal.line(`${name} (${state}): ${shortLine(detail, summaryShownMax)}`);
    }
  }
  return exitCodes[view.state] ?? 1;
}

/** One line for what a watcher of a team wants to know; null for all else. */
function progressLine(
  event: EventEnvelope,
  { session, team }: { session: string; team: string },
): string | null {
  if (event.actor !== team && !event.actor.startsWith(`${team}/`)) return null;
  const { data } = event;
  const said = (name: string) => shortLine(String(data[name] ?? ""), 200);
  const who = event.actor.slice(team.length + 1).replace(/^agent:/, "");
  switch (event.type) {
    case "agent.started":
      return `${who} begins`;
    case "team.message_sent":
      return `${said("from")} to ${recipients(data["to"])}: ${said("text")}`;
    case "team.work_done":
      return `${said("member")} is done: ${said("summary")}`;
    case "team.milestone_reached":
      return `${said("member")} has reached "${said("milestone")}"`;
    case "team.member_failed":
      return `${said("member")} failed (${said("error")})${
        data.restarts === true ? `, begins again in ${said("after_ms")} ms` : ", is given up"
      }`;
    case "team.round_ended":
      return said("reason");
    case "call.approval_requested":
      return `${who} waits for approval of ${said("name")}: jamey approve ${session} ${said("call_id")}`;
    case "question.asked":
      return `${who} asks you something: jamey answer ${session} ${said("call_id")}`;
    case "budget.exceeded":
      return `${who} waits at a limit: jamey extend ${session}`;
    default:
      return null;
  }
}

/** Who a message is to: members by their names. */
function recipients(to: unknown): string {
  const paths = Array.isArray(to) ? to : [];
  return shortLine(paths.map((path) => String(path).replace(/^.*agent:/, "")).join(", "), 200);
}

async function show(context: Context, input: Input, words: string[]): Promise<number> {
  const session = word(words, 0, "the session", "team show");
  const client = await context.client();
  const at = input.number("at", { min: 1, max: seqMax });
  const { teams } = await client.teams(session, at);
  if (context.json) context.terminal.json({ teams });
  else if (teams.length === 0) context.terminal.talk("The session has no teams");
  else {for (const team of teams) {
      for (const line of teamLines(team, context.terminal.colours)) context.terminal.line(line);
    }}
  if (!context.json && at === undefined && teams.some(({ state }) => state === "running")) {
    const { state, session_id } = await client.view(session);
    sayWaiting(context.terminal, state, { session: session_id });
  }
  return 0;
}

async function send(context: Context, _input: Input, words: string[]): Promise<number> {
  const session = word(words, 0, "the session", "team send");
  const to = word(words, 1, "the name of the member", "team send");
  word(words, 2, "the text", "team send");
  const receipt = await (await context.client()).send(session, { message: words.slice(2).join(" "), to });
  if (context.json) context.terminal.json(receipt);
  else context.terminal.talk(`It is with ${neutralLine(to)}`);
  return 0;
}

async function cancel(context: Context, _input: Input, words: string[]): Promise<number> {
  const session = word(words, 0, "the session", "team cancel");
  const client = await context.client();
  const { teams } = await client.teams(session);
  const [wanted] = words.slice(1);
  const meant = teams.filter(({ state, team, path }) =>
    state === "running" && (wanted === undefined || team === wanted || path === wanted)
  );
  if (meant.length === 0) {
    const which = wanted === undefined ? "no team works" : `no team "${wanted}" works`;
    throw new Problem("conflict", `Cannot cancel: ${which} in this session`);
  }
  for (const { path } of meant) await client.cancel(session, path);
  if (context.json) context.terminal.json({ cancelled: meant.map(({ path }) => path) });
  else context.terminal.talk("It is being stopped");
  return 0;
}

function word(words: readonly string[], place: number, what: string, command: string): string {
  const value = words[place];
  if (value !== undefined && value !== "") return value;
  throw usage(command, `${what} is missing`);
}

function usage(command: string, what: string): Problem {
  return new Problem("usage", `Cannot run "jamey ${command}": ${what}`, { hint: "See: jamey team --help" });
}
