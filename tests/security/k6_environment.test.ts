import { join } from "node:path";
import { expect, it } from "vitest";
import { answer } from "../support/model_plan.ts";
import { tally } from "../support/tally.ts";
import { filesWith, key, openKeyDesk } from "./key_desk.ts";

/** What no program of ours may be given, by name and value. */
const withheld = {
  WORK_KEY: key,
  COPY_OF_KEY: key,
  PART_OF_KEY: `https://user:${key}@example.com`,
  OPENAI_API_KEY: "sk-other-canary-11111111",
  ANTHROPIC_API_KEY: "canary-22222222",
  GITHUB_TOKEN: "canary-33333333",
  AWS_SECRET_ACCESS_KEY: "canary-44444444",
  JAMEY_TOKEN: "canary-55555555",
  SSH_AUTH_SOCK: "/canary-66666666",
  LD_PRELOAD: "",
  BASH_ENV: "/canary-77777777",
  NODE_OPTIONS: "--title=canary-88888888",
};
const passed = { MY_SETTING: "passed-on", LC_ALL: "C" };
/** Of the programs themselves, and of what starts them. */
const expected =
  /^(?:PATH|HOME|DENO_DIR|LANG|LC_\w+|TERM|TMPDIR|TEMP|TMP|USER|LOGNAME|SHELL|PWD|OLDPWD|SHLVL|_|PAGER|GIT_\w+|MANPAGER|EDITOR|VISUAL|DEBIAN_FRONTEND|JAMEY_(?!TOKEN)\w+|CLAUDE_PROJECT_DIR|MY_SETTING|CONTAINER\w*|TZ|\w*(?:PROXY|proxy))$/;

const commands = [
  "env",
  "printenv",
  "cat /proc/self/environ | tr '\\0' '\\n'",
  "set -o posix; set",
  "bash -c env",
  "sh -c 'env; export -p'",
  "python3 -c 'import os; print(os.environ)' 2>/dev/null || true",
  "xargs -0 -n1 < /proc/$$/environ",
];

it.skipIf(Deno.build.os === "windows")(
  "commands, hooks, tools and servers see harmless variables, and never one that holds a key",
  async () => {
    const reply = (_: unknown, n: number) => {
      if (n > 0) return answer({ text: "done" });
      const calls = commands.map((command, place) => ({ id: `c${place}`, name: "Bash", args: { command } }));
      return answer({ calls: [...calls, { id: "t", name: "Surroundings", args: {} }] });
    };
    const root = await Deno.makeTempDir({ prefix: "jamey-k6-" });
    const [hookFile, serverFile] = [join(root, "hook"), join(root, "server")];
    const desk = await openKeyDesk({
      reply,
      env: { ...withheld, ...passed },
      config:
        `[environment]\npass = ["MY_SETTING", "WORK_KEY", "COPY_OF_KEY", "PART_OF_KEY", "OPENAI_API_KEY", "JAMEY_TOKEN"]\n` +
        `[tools.Surroundings]\ntype = "process"\ncommand = ["/bin/sh", "-c", "env"]\ndescription = "env"\n` +
        `[[hooks.PreToolUse]]\ncommand = "env > '${hookFile}'"\n` +
        `[mcp.look]\ncommand = "/bin/sh"\nargs = ["-c", "env > '${serverFile}'; sleep 1"]\n`,
    });
    const session = await desk.session();
    await desk.turn(session);
    // In the order of the calls, not in that of their ends: they run side by side.
    const place = ({ data }: { data: Record<string, unknown> }) =>
      Number(/\d+$/.exec(String(data["call_id"]))?.[0]);
    const results = (await desk.events(session)).filter(({ type }) =>
      type === "call.finished" || type === "call.failed"
    ).sort((one, other) => place(one) - place(other));
    const texts = [
      ...results.map(({ data }) => String(data["output"] ?? data["error"])),
      await Deno.readTextFile(hookFile),
      await Deno.readTextFile(serverFile).catch(() => ""),
    ];
    expect(texts.filter((text) => text.includes("MY_SETTING")).length).toBeGreaterThanOrEqual(
      commands.length + 2,
    );
    const secrets = [...new Set(Object.values(withheld).filter((value) => value !== "")), desk.daemon.token];
    const leaks = texts.flatMap((text) => secrets.filter((secret) => text.includes(secret)));
    const names = new Set(
      texts.slice(0, 2).flatMap((text) => [...text.matchAll(/^(\w+)=/gm)].map(([, name = ""]) => name)),
    );
    const odd = [...names].filter((name) => !expected.test(name));
    // Nothing was taken out on the way to the log: it was not there to begin with.
    const redacted = texts.filter((text) => text.includes("[redacted")).length;
    tally({
      family: "K6",
      what: "secret variables in programs of every kind",
      tried: texts.length * secrets.length,
      refused: texts.length * secrets.length - leaks.length,
      escapes: leaks.length + odd.length + redacted,
    });
    expect({ leaks, odd, redacted }).toEqual({ leaks: [], odd: [], redacted: 0 });
    expect(filesWith(desk.dataDir, key).found).toEqual([]);
    await Deno.remove(root, { recursive: true });
  },
  60_000,
);
