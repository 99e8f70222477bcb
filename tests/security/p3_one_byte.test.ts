// P3: what is trusted is exactly what was approved. With one byte of it changed it is not used, and what changed is shown.
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { outsideDigest, trustPort } from "../../actors/outside.ts";
import { openFolderReader } from "../../src/config/folder.ts";
import { createHooks } from "../../src/hooks/hooks.ts";
import { openFolderRules } from "../../src/permission/store/folder_rules.ts";
import { changedLines } from "../../src/cli/trust_diff.ts";
import { outsideLines } from "../../src/cli/trust.ts";
import { openTrustStore } from "../../src/trust/store.ts";
import { runProgram } from "../../tools/external/run_program.ts";
import { mcpSource } from "../../tools/mcp/source.ts";
import { dataFolder } from "../support/data_folder.ts";
import { tally } from "../support/tally.ts";
import pc from "picocolors";

/** A folder with hooks, servers and rules, behind the port that clients see. */
async function open() {
  const base = await Deno.realPath(dataFolder());
  const workspace = join(base, "work");
  await Deno.mkdir(join(workspace, ".claude"), { recursive: true });
  const trust = await openTrustStore(join(base, "trust.json"));
  const environment = { PATH: Deno.env.get("PATH") ?? "" };
  const report = () => {};
  const hooks = createHooks({ settings: [], files: [], trust, report, environment, runProgram });
  const mcp = mcpSource({
    servers: {},
    trust,
    cacheDir: join(base, "mcp"),
    report,
    environment,
    secretNames: new Set(),
  });
  const rules = openFolderRules({ folder: openFolderReader(), trust, ownTools: [], report });
  const port = trustPort({
    store: trust,
    items: async (
      folder,
    ) => [...hooks.items(folder), ...await rules.items(folder), ...await mcp.items(folder)],
    approved: () => Promise.resolve(),
    withdrawn: () => Promise.resolve(),
  });
  let time = 1_000;
  const write = (name: string, text: string) => {
    const path = join(workspace, name);
    writeFileSync(path, text);
    // Files are read again when their stamp differs, and these are written faster than clocks of files tick.
    utimesSync(path, time, time++);
  };
  return { workspace, port, hooks, rules, mcp, write };
}

const settings = JSON.stringify(
  {
    hooks: {
      PreToolUse: [{
        matcher: "Bash",
        hooks: [{ type: "command", command: "./check.sh --all", timeout: 9 }],
      }],
    },
    permissions: { allow: ["Bash(npm test)", "WebFetch(domain:example.com)"], deny: ["Read(./x/**)"] },
  },
  null,
  1,
);
const servers = JSON.stringify(
  {
    mcpServers: {
      files: { command: "./bin/files", args: ["--root", "."], env: { A: "b" } },
      web: { type: "http", url: "https://example.com/mcp", headers: { x: "y" } },
    },
  },
  null,
  1,
);

it("with one byte changed nothing that was approved is used as it is now, and the change is shown", async () => {
  const { workspace, port, hooks, rules, mcp, write } = await open();
  write(".claude/settings.json", settings);
  write(".mcp.json", servers);
  const shown = await port.outside(workspace);
  expect(shown.map(({ kind, name }) => `${kind}:${name}`)).toEqual([
    "hook:.claude/settings.json",
    "permission_rules:.claude/settings.json",
    "mcp_server:files",
    "mcp_server:web",
  ]);
  await port.trust(workspace, outsideDigest(shown));
  const approved = new Map(shown.map((item) => [`${item.kind}:${item.name}`, item.text]));

  const counts = { tried: 0, refused: 0, diffs: 0 };
  const escaped: string[] = [];
  const unshown: string[] = [];
  for (const [file, text] of [[".claude/settings.json", settings], [".mcp.json", servers]] as const) {
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === "~" ? "!" : "~";
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      write(file, changed);
      counts.tried++;
      const items = await port.outside(workspace);
      for (const item of items) {
        const key = `${item.kind}:${item.name}`;
        const before = approved.get(key);
        if (item.standing === "approved" && before !== item.text) escaped.push(`${key} at ${at} of ${file}`);
        if (item.standing !== "changed") continue;
        const lines = item.previous === before && before !== undefined
          ? changedLines(before, item.text) ?? []
          : [];
        const screen = outsideLines([item], workspace, pc.createColors(false)).join("\n");
        const isShown = lines.some((line) => line.startsWith("+")) && lines.some((line) =>
          line.startsWith("-")
        ) &&
          lines.every((line) => screen.includes(line));
        if (isShown) counts.diffs++;
        else unshown.push(`${key} at ${at} of ${file}`);
      }
      // What is in force follows: never a command, an address or an allowance that nobody approved.
      const now = new Map(items.map((item) => [`${item.kind}:${item.name}`, item]));
      const isHook = now.get("hook:.claude/settings.json")?.standing === "approved";
      if (!isHook && hooks.listens("PostToolUse", workspace)) escaped.push(`a hook that listens at ${at}`);
      const isRules = now.get("permission_rules:.claude/settings.json")?.standing === "approved";
      const { rules: inForce } = await rules.of(workspace);
      if (!isRules && inForce.some(({ action }) => action === "allow")) escaped.push(`an allowance at ${at}`);
      for (const { server, state } of await mcp.status(workspace)) {
        const standing = now.get(`mcp_server:${server}`)?.standing;
        if (standing !== "approved" && !["unknown", "changed"].includes(state)) {
          escaped.push(`${server} at ${at}`);
        }
      }
    }
    write(file, text);
  }
  counts.refused = counts.tried - escaped.length;
  tally({
    family: "P3",
    what: `one byte changed in what was approved (${counts.diffs} shown as a diff)`,
    tried: counts.tried,
    refused: counts.refused,
    escapes: escaped.length,
  });
  expect({ escaped, unshown }).toEqual({ escaped: [], unshown: [] });
  expect(counts.diffs).toBeGreaterThan(100);
  expect((await port.outside(workspace)).every(({ standing }) => standing === "approved")).toBe(true);
  await mcp.close?.();
});

it("a gate whose file was changed by one byte stays shut: every call is asked about", async () => {
  const { workspace, port, hooks, write } = await open();
  write(".claude/settings.json", settings);
  await port.trust(workspace, outsideDigest(await port.outside(workspace)));
  const input = { session_id: "s", cwd: workspace, tool_name: "Read", fields: {} };
  const { signal } = new AbortController();
  const [start, end] = [
    settings.indexOf('"hooks"') + '"hooks": '.length,
    settings.indexOf('"permissions"') - 5,
  ];
  const tried = end - start;
  const opened: number[] = [];
  for (let at = start; at < end; at++) {
    write(".claude/settings.json", `${settings.slice(0, at)}~${settings.slice(at + 1)}`);
    const runs = await hooks.run("PreToolUse", input, { signal });
    if (!runs.some(({ outcome }) => outcome === "asked")) opened.push(at);
  }
  tally({
    family: "P3",
    what: "gates whose file was edited",
    tried,
    refused: tried - opened.length,
    escapes: opened.length,
  });
  expect(opened).toEqual([]);
  expect(readFileSync(join(workspace, ".claude", "settings.json"), "utf8")).not.toBe(settings);
});
