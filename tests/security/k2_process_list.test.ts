import { join } from "node:path";
import { expect, it } from "vitest";
import { answer } from "../support/model_plan.ts";
import { startJamey } from "../cli/program.ts";
import { tally } from "../support/tally.ts";
import { key, openKeyDesk } from "./key_desk.ts";

/** Command lines of all processes, over and over until it is stopped: what `ps` shows to every user. */
function watchProcesses(): { stop(): Promise<Set<string>> } {
  const lines = new Set<string>();
  let isOn = true;
  const watching = (async () => {
    while (isOn) {
      for (const { name } of Deno.readDirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        try {
          lines.add(Deno.readTextFileSync(`/proc/${name}/cmdline`));
        } catch {
          // It has ended.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await watching;
      return lines;
    },
  };
}

it.skipIf(Deno.build.os !== "linux")(
  "no command line of any process holds a key or our token, whatever is going on",
  async () => {
    const watch = watchProcesses();
    const asks = [
      { name: "Bash", args: { command: "sleep 0.2; env >/dev/null" } },
      { name: "Grep", args: { pattern: "x", output_mode: "content" } },
      { name: "Bash", args: { command: "sleep 0.3", run_in_background: true } },
      { name: "Look", args: {} },
      { name: "EnterWorktree", args: { name: "fix" } },
    ];
    const desk = await openKeyDesk({
      reply: ({ messages }, n) =>
        messages.at(-1)?.role === "tool" || n >= asks.length * 2 ? answer({ text: "done" }) : answer({
          calls: [{ id: `c${n}`, name: asks[n >> 1]?.name ?? "", args: asks[n >> 1]?.args ?? {} }],
        }),
      env: { SERVER_KEY: `${key}-of-the-server` },
      config:
        `[tools.Look]\ntype = "process"\ncommand = ["/bin/sh", "-c", "sleep 0.2; echo {}"]\ndescription = "looks"\n` +
        `[mcp.server]\ncommand = "/bin/sh"\nargs = ["-c", "sleep 1"]\nenv = { TOKEN = "env:SERVER_KEY" }\n` +
        `[[hooks.PreToolUse]]\ncommand = "sleep 0.1"\n`,
    });
    await new Deno.Command("git", { args: ["init", "-q"], cwd: desk.workspace }).output();
    const session = await desk.session();
    for (let turn = 0; turn < asks.length; turn++) await desk.turn(session);
    // Commands of people, which find the daemon and its token by themselves or are given one.
    const given = { JAMEY_TOKEN: desk.daemon.token };
    const words = [["sessions"], ["replay", session, "--json"], ["status"], ["tools"], ["export", session], [
      "doctor",
    ]];
    for (const [place, args] of words.entries()) {
      const child = startJamey(desk.dataDir, args, place % 2 === 0 ? {} : { env: given });
      await child.stdin.close();
      await child.output();
    }
    const wanted = [key, desk.daemon.token];
    const lines = [...await watch.stop()];
    const shown = lines.filter((line) => wanted.some((secret) => line.includes(secret)));
    expect(lines.filter((line) => line.includes("jamey.ts")).length).toBeGreaterThanOrEqual(words.length);
    expect(lines.some((line) => line.includes("sleep"))).toBe(true);
    expect(lines.some((line) => line.includes(join(desk.workspace)) || line.includes("git"))).toBe(true);
    tally({
      family: "K2",
      what: "command lines of processes",
      tried: lines.length,
      refused: lines.length - shown.length,
      escapes: shown.length,
    });
    expect(shown).toEqual([]);
  },
  60_000,
);
