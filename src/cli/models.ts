// `jamey models`: the configured providers, their models, and which of them cannot be used.
import type { Command, Context } from "./command.ts";
import type { ModelView } from "../protocol/http.ts";
import { shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

export const modelsCommand: Command = {
  usage: "models [provider]",
  summary: "List the configured providers and their models, or what the endpoint of one offers",
  options: [],
  examples: ["jamey models", "jamey models ollama", "jamey models --json | jq -r .models[].provider"],
  async run(context, input) {
    const client = await context.clientOrStart();
    const [provider] = input.args;
    if (provider !== undefined) return showOffer(context, provider, (await client.modelsOf(provider)).models);
    const { models } = await client.models();
    if (context.json) context.terminal.json({ models });
    else for (const model of models) context.terminal.line(modelLine(model, context.terminal.colours));
    return 0;
  },
};

function showOffer({ terminal, json }: Context, provider: string, models: readonly string[]): number {
  if (json) terminal.json({ provider, models });
  else for (const model of models) terminal.line(shortLine(`${provider}/${model}`, 200));
  return 0;
}

const nameWidth = 40;

/** One configured provider with its model, or what is wrong with it. */
export function modelLine(model: ModelView, { dim, red }: Colours): string {
  const name = shortLine(`${model.provider}/${model.default_model}`, 60).padEnd(nameWidth);
  if (model.error !== undefined) return `${name} ${red(shortLine(model.error, 200))}`;
  const about = [
    shortLine(model.kind, 40),
    `${model.window} tokens`,
    ...(model.vision ? ["sees images"] : []),
    ...(model.is_default ? ["the default"] : []),
  ];
  return `${name} ${dim(about.join(", "))}`;
}
