// `jamey trust`: shows what a folder brings along that could run code or steer the agent, and approves exactly that.
import type { OutsideView } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import type { Client } from "../client/client.ts";
import type { Command, Context, Input } from "./command.ts";
import { openLines } from "./lines.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import { type Colours, PipeClosed } from "./terminal.ts";
import { changedLines } from "./trust_diff.ts";
import { listTrusted, withdrawTrust } from "./trust_given.ts";
import { namedItems } from "./trust_names.ts";

/** A server that was approved can be asked for its tools, and then they are to be looked at. */
const roundsMax = 3;

export const trustCommand: Command = {
  usage: "trust [folder]",
  summary:
    "Show the hooks, servers and rules that a folder brings along, and approve them; list: what is approved",
  options: [
    ["--yes", "Approve what is there now without asking"],
    ["--only <items>", "Approve only these, each as NAME or KIND:NAME, several with commas"],
    ["--withdraw [items]", "Take approvals of the folder back, all or only these, and end what runs by them"],
  ],
  examples: [
    "jamey trust",
    "jamey trust ~/project --only mcp_server:files",
    "jamey trust list",
    "jamey trust --withdraw .claude/settings.json",
    "jamey trust --json | jq -r .items[].text",
  ],
  async run(context, input) {
    const client = await context.clientOrStart();
    if (input.args[0] === "list") return await listTrusted(context, client);
    const folder = workspaceOf(input.args[0]);
    if (input.flag("withdraw")) {
      return await withdrawTrust(context, client, { folder, items: input.text("withdraw") });
    }
    return await approve(context, client, { folder, input });
  },
};

async function approve(
  context: Context,
  client: Client,
  { folder, input }: { folder: string; input: Input },
): Promise<number> {
  const [isYes, only] = [input.flag("yes"), input.text("only")];
  let outside = await client.outside(folder);
  if (context.json && !isYes) {
    context.terminal.json(outside);
    return 0;
  }
  const asked = new Set<string>();
  for (let round = 1; round <= roundsMax; round++) {
    const before = outside;
    const meant = only === undefined ? before.items : namedItems(before.items, only, "approve");
    const open = meant.filter((item) => item.standing !== "approved" && !asked.has(textOf(item)));
    for (const item of open) asked.add(textOf(item));
    // First done, then said: whoever stops reading must not take what was not approved for approved, or the reverse.
    if (isYes && open.length > 0) outside = await client.trust(folder, before.digest, namesOf(open));
    const isShown = show(context, round === 1 ? meant : open, folder);
    if (open.length === 0) break;
    if (!isYes) {
      const chosen = isShown ? await choose(context, open) : [];
      if (chosen.length === 0) {
        context.terminal.talk("Nothing was approved");
        return 1;
      }
      outside = await client.trust(folder, before.digest, namesOf(chosen));
      if (chosen.length < open.length) {
        context.terminal.talk(`${open.length - chosen.length} left as they are`);
      }
      context.terminal.talk(approvedText(chosen.length));
    } else context.terminal.talk(approvedText(open.length));
    if (only !== undefined) break;
    const more = outside.items.filter((item) => item.standing !== "approved" && !asked.has(textOf(item)));
    if (more.length === 0) break;
    context.terminal.talk(`What was approved brings ${more.length} more along`);
    // Only what is there now was to be approved unseen.
    if (isYes) {
      context.terminal.talk("Look at it with: jamey trust");
      break;
    }
  }
  if (context.json) context.terminal.json(outside);
  return 0;
}

function approvedText(count: number): string {
  return `Approved ${count}; a change of any of it asks again`;
}

function namesOf(items: readonly OutsideView[]) {
  return items.map(({ kind, name }) => ({ kind, name }));
}

function textOf({ kind, name, text }: OutsideView): string {
  return JSON.stringify([kind, name, text]);
}

/** False when nobody read it to its end. */
function show({ terminal, json }: Context, items: readonly OutsideView[], folder: string): boolean {
  try {
    for (const line of json ? [] : outsideLines(items, folder, terminal.colours)) terminal.line(line);
    return true;
  } catch (thrown) {
    if (thrown instanceof PipeClosed) return false;
    throw thrown;
  }
}

/**
 * What is still to be approved with its whole text, because what is hidden would be approved as well; of what changed,
 * the change; the rest by name.
 */
export function outsideLines(items: readonly OutsideView[], folder: string, colours: Colours): string[] {
  const { bold, dim, yellow, green } = colours;
  if (items.length === 0) return [`"${neutralLine(folder)}" brings nothing along that needs an approval`];
  return items.flatMap((item) => {
    const colour = item.standing === "approved" ? green : yellow;
    const head = `${colour(item.standing.padEnd(9))} ${bold(neutralLine(item.name))} ${
      dim(neutralLine(item.kind.replaceAll("_", " ")))
    }`;
    return item.standing === "approved"
      ? [head]
      : [head, ...bodyLines(item, colours).map((line) => `    ${line}`)];
  });
}

function bodyLines({ text, previous }: OutsideView, { red, green, dim }: Colours): string[] {
  const change = previous === undefined ? null : changedLines(previous, text);
  if (change === null) return blanksCounted(neutral(text)).split("\n");
  return change.map((line) => {
    const shown = blanksCounted(neutralLine(line));
    if (line.startsWith("@@")) return dim(shown);
    return line.startsWith("+") ? green(shown) : line.startsWith("-") ? red(shown) : shown;
  });
}

/** Longer runs of what is not drawn could push the rest out of sight, so they are shown as a count. */
const blankRunMax = 40;
const blankRun = new RegExp(
  `(?:[^\\S\\n]|[\\u115f\\u1160\\u2800\\u3164\\uffa0]){${blankRunMax + 1},}`,
  "g",
);

function blanksCounted(text: string): string {
  return text.replace(blankRun, (run) => `[${run.length} blanks]`);
}

/** What a person approves of what was shown: all of it, some, or nothing. */
async function choose({ terminal }: Context, open: readonly OutsideView[]): Promise<OutsideView[]> {
  if (!terminal.inIsTerminal) {
    throw new Problem("untrusted", "Cannot approve: there is nobody to ask", {
      hint: "Look at it, then use --yes",
    });
  }
  const lines = openLines({ isTerminal: true });
  const says = async (prompt: string, pattern: RegExp) => {
    lines.prompt(prompt);
    return pattern.exec((await lines.next())?.trim() ?? "")?.[1]?.toLowerCase();
  };
  try {
    const all = await says(
      `Approve exactly this? ${open.length > 1 ? "[y/N, e: each by itself] " : "[y/N] "}`,
      /^(y|e)(?:es|ach)?$/i,
    );
    if (all === "y") return [...open];
    if (all !== "e" || open.length === 1) return [];
    const chosen: OutsideView[] = [];
    for (const item of open) {
      const prompt = `Approve ${neutralLine(item.kind.replaceAll("_", " "))} "${
        neutralLine(item.name)
      }"? [y/N] `;
      if (await says(prompt, /^(y)(?:es)?$/i) === "y") chosen.push(item);
    }
    return chosen;
  } finally {
    lines.close();
  }
}
