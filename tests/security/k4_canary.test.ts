import { join } from "node:path";
import { expect, it } from "vitest";
import { answer } from "../support/model_plan.ts";
import { tally } from "../support/tally.ts";
import { jamey } from "../cli/program.ts";
import { filesWith, key, openKeyDesk } from "./key_desk.ts";

const turnsMax = 1_000;
const sessionsMax = 10;

it(
  `a key that is in the configuration, the workspace and what tools say is in no log after ${turnsMax} turns`,
  async () => {
    const asks = [
      { name: "Bash", args: { command: "cat notes.txt; echo to stderr >&2; cat notes.txt >&2" } },
      { name: "Read", args: { file_path: "notes.txt" } },
      { name: "Read", args: { file_path: ".env" } },
      { name: "Grep", args: { pattern: "key", output_mode: "content" } },
      { name: "TodoWrite", args: { todos: [{ content: `use ${key}`, status: "pending", activeForm: "x" }] } },
      { name: "Bash", args: { command: `echo ${key} | base64 -w0 | base64 -d` } },
    ];
    const reply = ({ messages }: { messages: { role: string }[] }, n: number) => {
      if (messages.at(-1)?.role === "tool") return answer({ text: `It says ${key}, I think` });
      const [name, args] = Object.values(asks[n % asks.length] ?? {});
      // Most turns are talk: the tools have their share of them.
      return n % 5 === 0
        ? answer({ calls: [{ id: `call${n}`, name: String(name), args: Object(args) }] })
        : answer({ text: ["Bearer ", key] });
    };
    const desk = await openKeyDesk({ reply });
    await Deno.writeTextFile(join(desk.workspace, "notes.txt"), `the key is ${key}\n`);
    await Deno.writeTextFile(join(desk.workspace, ".env"), `WORK_KEY=${key}\n`);
    const sessions = await Promise.all(Array.from({ length: sessionsMax }, () => desk.session()));
    await Promise.all(sessions.map(async (session) => {
      for (let turn = 0; turn < turnsMax / sessionsMax; turn++) {
        await desk.turn(
          session,
          `Go to https://example.com/?key=${key} with the header "Authorization: ${key}"`,
        );
      }
    }));
    // What is said on the way, kept for later, read back and handed out.
    const said = await Promise.all(
      sessions.map(async (session) =>
        JSON.stringify([await desk.events(session), await desk.daemon.request("GET", `/sessions/${session}`)])
      ),
    );
    const exports = await Promise.all(
      ["jsonl", "markdown"].map((format) =>
        jamey(desk.dataDir, ["export", sessions[0] ?? "", "--format", format, "--no-redact"])
      ),
    );
    await desk.restart("SIGKILL");
    await desk.turn(sessions[0] ?? "");
    const texts = [...said, ...exports.flatMap(({ stdout, stderr }) => [stdout, stderr]), desk.said()];
    const { found, seen } = filesWith(desk.dataDir, key);
    // What a command has written is the command's own: it lies in files that no tool and nobody else can read.
    const logs = found.filter((path) => !/\/effects\/[^/]+\/output$/.test(path));
    const leaks = texts.filter((text) => text.includes(key)).length;
    expect(desk.model.requests.length).toBeGreaterThanOrEqual(turnsMax);
    console.log(`K4: ${seen} files after ${turnsMax} turns, ${desk.model.requests.length} requests`);
    tally({
      family: "K4",
      what: "places that hold the key",
      tried: seen + texts.length,
      refused: seen + texts.length - logs.length - leaks,
      escapes: logs.length + leaks,
    });
    expect({ logs, leaks }).toEqual({ logs: [], leaks: 0 });
    expect(texts[0]).toContain("[redacted: env:WORK_KEY]");
  },
  120_000,
);
