// What a session has used: all together, each agent, each model, as one small table.
import type { SessionView } from "../protocol/http.ts";
import { shortLine } from "./neutral.ts";
import { nameIn } from "./actor_labels.ts";
import { namesIn } from "./waiting.ts";
import { tableLines } from "./table.ts";
import type { Colours } from "./terminal.ts";
import { budgetLine } from "./work_text.ts";

type State = SessionView["state"];
interface Used {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens?: number | undefined;
  cost_usd?: number | undefined;
}

const nameCharsMax = 60;

export function costLines(
  { usage, usage_by_actor, usage_by_model, budgets, tree }: State,
  colours: Colours,
): string[] {
  const cached = sumOf(Object.values(usage_by_actor));
  const nameOf = namesIn(tree);
  const rows = [
    row("session", { ...usage, ...cached === undefined ? {} : { cache_read_tokens: cached } }),
    ...Object.entries(usage_by_actor).map(([actor, used]) => {
      const name = nameIn(actor, nameOf);
      return row(name === undefined ? actor : `${name} (${actor})`, used);
    }),
    ...Object.entries(usage_by_model).map(([model, used]) => row(model, used)),
  ];
  const lines = tableLines(["", "TOKENS IN", "CACHED", "OUT", "COST"], rows, {
    colours,
    numbers: [1, 2, 3, 4],
  });
  return budgets.length === 0 ? lines : [...lines, "", "Budgets", ...budgets.map(budgetLine)];
}

function row(name: string, { input_tokens, output_tokens, cache_read_tokens, cost_usd }: Used): string[] {
  return [
    shortLine(name, nameCharsMax),
    String(input_tokens),
    cache_read_tokens === undefined ? "-" : String(cache_read_tokens),
    String(output_tokens),
    cost_usd === undefined ? "unknown" : `$${cost_usd.toFixed(4)}`,
  ];
}

function sumOf(all: readonly Used[]): number | undefined {
  const known = all.flatMap(({ cache_read_tokens }) => cache_read_tokens ?? []);
  return known.length === 0 ? undefined : known.reduce((total, one) => total + one, 0);
}
