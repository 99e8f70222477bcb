// `jamey models`: the configured providers, their models, and which of them cannot be used.
import type { Command } from "./command.ts";
import { shortLine } from "./neutral.ts";

export const modelsCommand: Command = {
  usage: "models",
  summary: "List the configured providers and their models",
  options: [],
  examples: ["jamey models", "jamey models --json | jq -r .models[].provider"],
  async run(context) {
    const { models } = await (await context.clientOrStart()).models();
    if (context.json) context.terminal.json({ models });
    else {
      const { dim, red } = context.terminal.colours;
      for (const model of models) {
        const name = `${model.provider}/${model.default_model}`;
        const about = model.error === undefined
          ? dim(
            `${model.kind}, ${model.window} tokens${model.vision ? ", sees images" : ""}${
              model.is_default ? ", the default" : ""
            }`,
          )
          : red(shortLine(model.error, 200));
        context.terminal.line(`${shortLine(name, 60).padEnd(40)} ${about}`);
      }
    }
    return 0;
  },
};
