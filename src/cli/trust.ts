// `jamey trust`: shows what a folder brings along that could run code or steer the agent, and approves exactly that.
import type { OutsideView } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import type { Command, Context } from "./command.ts";
import { openLines } from "./lines.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import type { Colours } from "./terminal.ts";

export const trustCommand: Command = {
  usage: "trust [folder]",
  summary: "Show the hooks, servers and tools that a folder brings along, and approve them",
  options: [["--yes", "Approve what is there now without asking"]],
  examples: ["jamey trust", "jamey trust ~/project", "jamey trust --json"],
  async run(context, input) {
    const folder = workspaceOf(input.args[0]);
    const client = await context.clientOrStart();
    const { items, digest } = await client.outside(folder);
    const open = items.filter(({ standing }) => standing !== "approved");
    if (context.json && !input.flag("yes")) {
      context.terminal.json({ items, digest });
      return 0;
    }
    if (!context.json) {
      const { terminal } = context;
      for (const line of outsideLines(items, folder, terminal.colours)) terminal.line(line);
    }
    if (open.length === 0) return 0;
    if (!input.flag("yes") && !(await agrees(context))) {
      context.terminal.talk("Nothing was approved");
      return 1;
    }
    const after = await client.trust(folder, digest);
    if (context.json) context.terminal.json(after);
    else {context.terminal.talk(
        `Approved ${open.length} of ${items.length}; a change of any of it asks again`,
      );}
    return 0;
  },
};

/** Every item with its whole text: what is hidden would be approved as well. */
export function outsideLines(items: readonly OutsideView[], folder: string, colours: Colours): string[] {
  const { bold, dim, yellow, green } = colours;
  if (items.length === 0) return [`"${neutralLine(folder)}" brings nothing along that needs an approval`];
  return items.flatMap(({ kind, name, standing, text }) => {
    const colour = standing === "approved" ? green : yellow;
    const head = `${colour(standing.padEnd(9))} ${bold(neutralLine(name))} ${
      dim(neutralLine(kind.replaceAll("_", " ")))
    }`;
    return [head, ...neutral(text).split("\n").map((line) => `    ${line}`)];
  });
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
