// `jamey usage`: what a session has used, by agent and by model, and what is left of each budget.
import { type Command, need } from "./command.ts";
import { costLines } from "./cost_table.ts";

export const usageCommand: Command = {
  usage: "usage <session>",
  summary: "Show what a session has used, by agent and by model, and its budgets",
  options: [],
  examples: ["jamey usage last", "jamey usage last --json | jq .budgets"],
  async run(context, input) {
    const client = await context.client();
    const { state } = await client.view(need(input, 0, "the session", "usage"));
    if (context.json) {
      const { usage, usage_by_actor, usage_by_model, budgets } = state;
      context.terminal.json({ usage, usage_by_actor, usage_by_model, budgets });
    } else for (const line of costLines(state, context.terminal.colours)) context.terminal.line(line);
    return 0;
  },
};
