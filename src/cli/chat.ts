// `jamey chat`: a conversation at the terminal. Lines are messages, answers to questions, or commands.
import { messageOf, Problem } from "../protocol/problem.ts";
import { sayAwaiting, sayRuleProblems } from "./awaiting_trust.ts";
import type { Chat } from "./chat_command.ts";
import { chatCommand } from "./chat_commands.ts";
import { cycleMode } from "./chat_setting_commands.ts";
import { besidePrompt, createPrompt } from "./chat_prompt.ts";
import { enterRoom, type Room } from "./chat_room.ts";
import { runOwnCommand } from "./chat_work_commands.ts";
import type { Command, Context, Input } from "./command.ts";
import { type Lines, openLines } from "./lines.ts";
import { neutral } from "./neutral.ts";
import { sayMode } from "./mode_text.ts";
import { modeSettings } from "./mode_options.ts";
import { checkModel } from "./model_choice.ts";
import { refuse, typedAnswer } from "./pending_answer.ts";
import { pendingChoices } from "./pending_text.ts";
import { sessionOptions, sessionSettings } from "./new.ts";
import { signalExit } from "./signals.ts";

export const chat: Command = {
  usage: "chat",
  summary: "Talk to an agent in this folder (also: jamey alone)",
  options: [
    ["-s, --session <session>", "Go on with this session (default: a new one)"],
    ...sessionOptions,
  ],
  examples: ["jamey", "jamey chat -s last", "jamey chat --model gpt-5.5"],
  run: (context, input) => talk(context, input),
};

/** `jamey` without a command. */
export const defaultCommand: Command = {
  ...chat,
  usage: "",
  summary: "Talk to an agent in this folder (chat)",
};

const doubleInterruptMs = 2_000;
const nobodyToAsk = "nobody to ask (the input ended): allow it with a rule, see jamey permissions --help";

async function talk(context: Context, input: Input): Promise<number> {
  const { inIsTerminal } = context.terminal;
  const client = await context.clientOrStart();
  const lines = openLines({ isTerminal: inIsTerminal });
  const named = input.text("session");
  // A session that nobody says anything in would only be in the way.
  if (!inIsTerminal && named === undefined && await lines.isOver()) {
    context.terminal.talk("The input is empty: there is nothing to talk about");
    return 0;
  }
  const terminal = besidePrompt(context.terminal, lines);
  let prompt = createPrompt(terminal, lines);
  let room: Room | undefined;
  const chatting: Chat = {
    context: { ...context, terminal },
    client,
    room: () => {
      if (room === undefined) throw new Error("The chat has no session yet");
      return room;
    },
    shown: undefined,
    create: async () => {
      const settings = { ...sessionSettings(input, "chat"), ...await modeSettings(input, "chat") };
      await checkModel(client, settings.model);
      return (await client.create(settings)).session_id;
    },
    async enter(sessionId) {
      await room?.leave();
      const { state } = await client.view(sessionId);
      await sayMode({ terminal, client }, state.summary);
      await sayRuleProblems({ terminal, client }, state.summary.workspace);
      await sayAwaiting({ terminal, client }, state.summary.workspace);
      prompt = createPrompt(terminal, lines);
      room = await enterRoom({
        client,
        terminal,
        sessionId,
        changed: () => room && prompt(room),
      });
    },
  };
  try {
    await chatting.enter(
      named === undefined ? await chatting.create() : (await client.view(named)).session_id,
    );
    terminal.talk(terminal.talkColours.dim(`Session ${chatting.room().sessionId}; /help for commands`));
    const interrupted = onInterrupt(chatting, lines);
    lines.onShiftTab(() => {
      cycleMode(chatting).catch((thrown) => terminal.warn(neutral(messageOf(thrown))));
    });
    return await readLines(chatting, { lines, interrupted, prompt: () => prompt(chatting.room()) });
  } finally {
    await room?.leave();
    lines.close();
  }
}

interface Keyboard {
  lines: Lines;
  /** Shows what is to be typed now. */
  prompt(): void;
  interrupted: { exit: number };
}

async function readLines(chatting: Chat, { lines, prompt, interrupted }: Keyboard): Promise<number> {
  const { terminal } = chatting.context;
  for (;;) {
    // What comes through a pipe is a script: the next line waits until the answer to this one is complete.
    if (!terminal.inIsTerminal) await chatting.room().rest();
    if (chatting.room().failure() !== undefined) break;
    prompt();
    const line = await lines.next();
    if (line === undefined) break;
    try {
      if (await take(chatting, line) === "quit") return interrupted.exit;
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      const { red } = terminal.talkColours;
      terminal.warn(`${red("error:")} ${neutral(messageOf(thrown))}`);
      if (thrown.hint !== undefined) terminal.warn(`hint:  ${neutral(thrown.hint)}`);
    }
  }
  await endOfInput(chatting, terminal.inIsTerminal);
  const failure = chatting.room().failure();
  if (failure !== undefined) throw failure.thrown;
  return interrupted.exit;
}

async function take(chatting: Chat, line: string): Promise<"quit" | void> {
  const room = chatting.room();
  const trimmed = line.trim();
  if (/^(::|\/)[a-z][a-z0-9_-]*(\s|$)/i.test(trimmed)) {
    return await chatCommand(chatting, trimmed.replace(/^(::|\/)/, ""));
  }
  const question = room.question();
  if (question !== undefined && trimmed !== "") {
    const send = typedAnswer(question, trimmed);
    if (send === undefined) return void chatting.context.terminal.talk(`Answer: ${pendingChoices(question)}`);
    room.answered(question.key);
    const first = await send(chatting.client, room.sessionId).catch((thrown) => {
      room.again(question);
      throw thrown;
    });
    if (!first) chatting.context.terminal.talk("Somebody else was first");
    return undefined;
  }
  if (trimmed.startsWith("!") && trimmed.length > 1) runOwnCommand(chatting, trimmed.slice(1).trim());
  else if (trimmed !== "") await room.say(line);
  return undefined;
}

/** A script's last turn is finished; its questions cannot be answered any more. At a terminal, Ctrl-D just leaves. */
async function endOfInput({ room, client }: Chat, isTerminal: boolean): Promise<void> {
  if (isTerminal) return;
  for (let question = room().question(); room().isBusy(); question = room().question()) {
    if (question !== undefined) {
      room().answered(question.key);
      await refuse(client, room().sessionId, question, nobodyToAsk);
    }
    await room().rest();
    if (room().failure() !== undefined) return;
  }
}

/** Ctrl-C and Esc stop the running turn; a second Ctrl-C, or one while nothing runs, leaves. */
function onInterrupt({ room, client, context }: Chat, lines: Lines): { exit: number } {
  const outcome = { exit: 0 };
  let last = -Infinity;
  const interrupt = () => {
    const again = performance.now() - last < doubleInterruptMs;
    last = performance.now();
    if (again || !room().isBusy()) {
      outcome.exit = again ? signalExit.SIGINT : 0;
      return lines.close();
    }
    stop("\nStopping the turn; Ctrl-C again to leave");
  };
  const stop = (words: string) => {
    context.terminal.talk(words);
    client.cancel(room().sessionId).catch((thrown) => context.terminal.warn(messageOf(thrown)));
  };
  lines.onInterrupt(interrupt);
  lines.onEscape(() => {
    if (room().isBusy()) stop("\nStopping the turn");
  });
  context.signals.handle((signal) => {
    if (signal === "SIGINT") return interrupt();
    outcome.exit = signalExit[signal];
    lines.close();
  });
  return outcome;
}
