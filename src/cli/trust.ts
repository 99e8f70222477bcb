// `jamey trust`: shows what a folder brings along that could run code or steer the agent, and approves exactly that.
import type { OutsideView } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { openIn } from "./awaiting_trust.ts";
import type { Command, Context } from "./command.ts";
import { openLines } from "./lines.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import { type Colours, PipeClosed } from "./terminal.ts";

/** A server that was approved can be asked for its tools, and then they are to be looked at. */
const roundsMax = 3;

export const trustCommand: Command = {
  usage: "trust [folder]",
  summary: "Show the hooks, servers and tools that a folder brings along, and approve them",
  options: [["--yes", "Approve what is there now without asking"]],
  examples: ["jamey trust", "jamey trust ~/project", "jamey trust --json | jq -r .items[].text"],
  async run(context, input) {
    const folder = workspaceOf(input.args[0]);
    const client = await context.clientOrStart();
    let outside = await client.outside(folder);
    if (context.json && !input.flag("yes")) {
      context.terminal.json(outside);
      return 0;
    }
    for (let round = 1; round <= roundsMax; round++) {
      const open = openIn(outside.items);
      const before = outside;
      // First done, then said: whoever stops reading must not take what was not approved for approved, or the reverse.
      if (input.flag("yes") && open > 0) outside = await client.trust(folder, before.digest);
      const isShown = show(context, before, folder);
      if (open === 0) break;
      if (!input.flag("yes")) {
        if (!isShown || !(await agrees(context))) {
          context.terminal.talk("Nothing was approved");
          return 1;
        }
        outside = await client.trust(folder, before.digest);
      }
      context.terminal.talk(`Approved ${open}; a change of any of it asks again`);
      const more = openIn(outside.items);
      if (more === 0) break;
      context.terminal.talk(`What was approved brings ${more} more along`);
      // Only what is there now was to be approved unseen.
      if (input.flag("yes")) {
        context.terminal.talk("Look at it with: jamey trust");
        break;
      }
    }
    if (context.json) context.terminal.json(outside);
    return 0;
  },
};

interface OutsideAnswer {
  items: readonly OutsideView[];
  digest: string;
}

/** False when nobody read it to its end. */
function show({ terminal, json }: Context, { items }: OutsideAnswer, folder: string): boolean {
  try {
    for (const line of json ? [] : outsideLines(items, folder, terminal.colours)) terminal.line(line);
    return true;
  } catch (thrown) {
    if (thrown instanceof PipeClosed) return false;
    throw thrown;
  }
}

/** What is still to be approved with its whole text, because what is hidden would be approved as well; the rest by name. */
export function outsideLines(items: readonly OutsideView[], folder: string, colours: Colours): string[] {
  const { bold, dim, yellow, green } = colours;
  if (items.length === 0) return [`"${neutralLine(folder)}" brings nothing along that needs an approval`];
  return items.flatMap(({ kind, name, standing, text }) => {
    const colour = standing === "approved" ? green : yellow;
    const head = `${colour(standing.padEnd(9))} ${bold(neutralLine(name))} ${
      dim(neutralLine(kind.replaceAll("_", " ")))
    }`;
    if (standing === "approved") return [head];
    return [head, ...neutral(text).replace(blankRun, countBlanks).split("\n").map((line) => `    ${line}`)];
  });
}

/** Longer runs of what is not drawn could push the rest out of sight, so they are shown as a count. */
const blankRunMax = 40;
const blankRun = new RegExp(
  `(?:[^\\S\\n]|[\\u115f\\u1160\\u2800\\u3164\\uffa0]){${blankRunMax + 1},}`,
  "g",
);

function countBlanks(run: string): string {
  return `[${run.length} blanks]`;
}

async function agrees({ terminal }: Context): Promise<boolean> {
  if (!terminal.inIsTerminal) {
    throw new Problem("untrusted", "Cannot approve: there is nobody to ask", {
      hint: "Look at it, then use --yes",
    });
  }
  const lines = openLines({ isTerminal: true });
  lines.prompt("Approve exactly this? [y/N] ");
  const typed = await lines.next();
  lines.close();
  return /^y(es)?$/i.test(typed?.trim() ?? "");
}
