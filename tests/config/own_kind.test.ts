// A provider kind that nobody here knew: one object like those that the files of src/providers export, and its place in the list.
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { withEnvironment } from "../../src/config/environment.ts";
import { resolveKeys, secretsOf } from "../../src/config/keys.ts";
import { openProviders } from "../../src/config/open_providers.ts";
import { checkToml, parseConfig } from "../../src/config/parse.ts";
import { printable } from "../../src/config/show.ts";
import { configSchema } from "../../src/config/schema.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { defineProviderKind } from "../../src/providers/kind.ts";
import { providerKinds } from "../../src/providers/list.ts";
import { modelInfo } from "../../src/providers/models.ts";
import { secretReference } from "../../src/providers/reference.ts";
import { modelName } from "../../src/providers/settings.ts";
import { ask, runModel } from "../providers/contract.ts";

/** Answers with what it was told, as often as it was told to, and shows what it was opened with. */
const echoKind = defineProviderKind({
  kind: "echo",
  settings: z.strictObject({
    kind: z.literal("echo"),
    key: secretReference.optional(),
    model: modelName.default("parrot"),
    times: z.int().min(1).max(9).default(2),
  }),
  open({ model, times }, { name, models, apiKey }): Provider {
    return {
      name,
      kind: "echo",
      defaultModel: model,
      offline: true,
      info: (of) => modelInfo(of, models),
      encode: ({ model, messages }) => ({ model, said: JSON.stringify(messages) }),
      async *stream(request, { signal }) {
        if (signal.aborted) {
          yield { type: "failed", error: { code: "cancelled", message: "The call was cancelled" }, text: "" };
          return;
        }
        const text = `${JSON.stringify(request.messages.at(-1))} `.repeat(times) + apiKey.length;
        yield { type: "text", text };
        yield {
          type: "done",
          text,
          calls: [],
          usage: { input_tokens: 1, output_tokens: 1 },
          stop_reason: "stop",
        };
      },
    };
  },
  environment: {
    keys: ["ECHO_KEY"],
    missing: "ECHO_KEY is not set",
    settings: (read) => read("ECHO_KEY") === "" ? undefined : { key: "env:ECHO_KEY", times: 1 },
  },
});
const kinds = [echoKind, ...providerKinds];
const schema = configSchema(kinds);

async function open(text: string, variables: Record<string, string> = {}) {
  const env = { ...variables, PATH: "" };
  const config = withEnvironment(parseConfig(text, "runtime.toml", schema), env, kinds);
  const keys = await resolveKeys(config, { os: "linux", env }, kinds);
  return { config, keys, registry: openProviders(config, keys, kinds) };
}

const text = `
[providers.bird]
kind = "echo"
key = "env:BIRD_KEY"
times = 3
[models.parrot]
window = 99
`;

describe("a kind of provider that is added to the list", () => {
  test("is configured, opened and asked like those that are built in", async () => {
    const { registry } = await open(text, { BIRD_KEY: "seed" });
    const bird = registry.default;
    expect([bird.name, bird.kind, bird.defaultModel, bird.info("parrot").window])
      .toEqual(["bird", "echo", "parrot", 99]);
    const { end } = await runModel(bird, ask("hello"));
    expect(end).toMatchObject({ type: "done" });
    expect(end.text.match(/hello/g)).toHaveLength(3);
    expect(end.text).toMatch(/4$/);
  });

  test("has its settings checked, with the line and the nearest key", () => {
    const checked = checkToml('[providers.bird]\nkind = "echo"\ntime = 3\ntimes = 10\n', schema);
    expect(checked.ok ? [] : checked.faults).toEqual([
      { line: 3, what: '"providers.bird.time" is not a known key; did you mean "times"?' },
      { line: 4, what: '"providers.bird.times" is too large or too long, expected at most 9' },
    ]);
  });

  test("is named where another kind is not known", () => {
    const checked = checkToml('[providers.bird]\nkind = "eco"\n', schema);
    expect(checked.ok ? "" : checked.faults[0].what).toContain('expected "echo", "openai"');
    const without = checkToml('[providers.bird]\nkind = "echo"\n', configSchema(providerKinds));
    expect(without.ok ? "" : without.faults[0].what).toMatch(/of no known kind, expected "openai"/);
  });

  test("stands for its variables, hides their secret and says which one is missing", async () => {
    const { config, keys, registry } = await open("", { ECHO_KEY: "canary-seed", LLM_MODEL: "m" });
    expect(config.providers["echo"]).toEqual({ kind: "echo", key: "env:ECHO_KEY", model: "m", times: 1 });
    expect(registry.default.name).toBe("echo");
    expect(secretsOf(keys)).toEqual({ "env:ECHO_KEY": "canary-seed" });
    expect(JSON.stringify(printable(config, {}))).not.toContain("canary");
    const other = await open('[providers.echo]\nkind = "scripted"\n', { ECHO_KEY: "canary-seed" });
    expect(secretsOf(other.keys)).toEqual({ "env:ECHO_KEY": "canary-seed" });
    await expect(open("", { JAMEY_PROVIDER: "echo" })).rejects.toThrow(
      'Cannot use the provider "echo": ECHO_KEY is not set',
    );
  });

  test("without its key cannot be asked, and breaks no other", async () => {
    const { registry } = await open(`${text}\n[providers.second]\nkind = "echo"`);
    expect(registry.problems().map(({ name }) => name)).toEqual(["bird"]);
    expect((await runModel(registry.default, ask("hi"))).end).toMatchObject({ type: "failed" });
    const second = registry.get("second");
    expect(second === undefined ? undefined : (await runModel(second, ask("hi"))).end.type).toBe("done");
  });
});

describe("the list of kinds", () => {
  test("names each kind once, and the last one needs nothing", () => {
    const names = providerKinds.map(({ kind }) => kind);
    expect([...new Set(names)]).toEqual(names);
    expect(providerKinds.at(-1)?.environment?.settings(() => "")).toEqual({});
  });

  test.each(providerKinds)(
    "$kind refuses a key that it does not know, and settings of another kind",
    (kind) => {
      const known = {
        kind: kind.kind,
        key: "env:A",
        model: "m",
        file: "f",
        endpoint: "https://h",
        strange: 1,
      };
      const checked = kind.settings.safeParse(known);
      expect(JSON.stringify(checked.error?.issues.filter(({ code }) => code === "unrecognized_keys")))
        .toContain("strange");
      expect(kind.settings.safeParse({ kind: `${kind.kind}s` }).success).toBe(false);
      expect(() => kind.open({ kind: "none" }, { name: "n", models: {}, apiKey: "k" })).toThrow();
    },
  );
});
