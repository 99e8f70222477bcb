import { join } from "node:path";
import { expect, it } from "vitest";
import { answer } from "../support/model_plan.ts";
import { tally } from "../support/tally.ts";
import { filesWith, key, openKeyDesk } from "./key_desk.ts";
import { removeFolder } from "../support/daemon.ts";

const signals = ["SIGKILL", "SIGABRT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGFPE"] as const;

it.skipIf(Deno.build.os === "windows")(
  "a daemon that crashes leaves no key behind: in no file, core or word",
  async () => {
    const desk = await openKeyDesk({
      reply: (_, n) =>
        answer({ text: `${key} ${n}`, calls: [{ id: `c${n}`, name: "Bash", args: { command: "sleep 5" } }] }),
    });
    let spoken = 0;
    const session = await desk.session();
    for (const signal of signals) {
      // In the middle of a turn: a request under way, a command running.
      const turn = desk.turn(session).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 150));
      Deno.kill(desk.daemon.pid, signal);
      await desk.daemon.ended;
      await turn;
      if (desk.daemon.stderr().includes(key)) spoken++;
      await desk.restart("SIGKILL");
    }
    const left = filesWith(desk.root, key);
    tally({
      family: "K8",
      what: "crashes",
      tried: signals.length,
      refused: signals.length - spoken,
      escapes: spoken + left.found.length,
    });
    expect({ spoken, found: left.found }).toEqual({ spoken: 0, found: [] });
  },
  60_000,
);

it("a start that fails does not say what stands in the configuration", async () => {
  const root = await Deno.makeTempDir({ prefix: "jamey-k8-" });
  const broken = [
    `[providers.work]\nkind = "openai"\nkey = "${key}"\n`,
    `[providers.work]\nkind = "openai"\nkey = ${key}\n`,
    `[providers.work]\nkind = "openai"\nbase_url = "https://user:${key}@example.com"\n`,
    `[providers.work]\nkind = "openai"\nkey = ["${key}"]\n`,
    `key = "${key}"\n[providers`,
    `[mcp.x]\ncommand = "x"\nenv = { TOKEN = "sk-${key}-0123456789abcdef0123456789" }\n`,
    `[environment]\npass = ["${key}"]\n`,
  ];
  let spoken = 0;
  for (const [place, text] of broken.entries()) {
    const config = join(root, `${place}.toml`);
    await Deno.writeTextFile(config, text);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "bin/jamey.ts",
        "serve",
        "--port",
        "0",
        "--data-dir",
        join(root, `d${place}`),
        "--config",
        config,
      ],
      env: { WORK_KEY: key },
    }).output();
    expect(code, text).toBe(52);
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    expect(said).toContain(config);
    if (said.includes(key)) spoken++;
    if (filesWith(join(root, `d${place}`), key).found.length > 0) spoken++;
  }
  tally({
    family: "K8",
    what: "starts that fail",
    tried: broken.length,
    refused: broken.length - spoken,
    escapes: spoken,
  });
  expect(spoken).toBe(0);
  await removeFolder(root);
}, 60_000);
