import { expect, test } from "vitest";
import { resolveKeys } from "../../src/config/keys.ts";
import { externalToolsOf, hooksOf, mcpServersOf } from "../../src/config/outside.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { hookSettings } from "../../src/hooks/settings.ts";
import { externalSource } from "../../tools/external/source.ts";
import { externalToolSettings } from "../../tools/external/settings.ts";
import { mcpServerSettings } from "../../tools/mcp/settings.ts";

const text = `
[tools.weather]
type = "process"
command = ["/usr/bin/weather", "--json"]
description = "Tells the weather"
parameters = '{"type": "object", "properties": {"place": {"type": "string"}}}'
timeout_s = 5
confirm = false
[tools.ticket]
type = "http"
url = "http://127.0.0.1:1/ticket"
headers = { Authorization = "Bearer env:TICKET_KEY", Accept = "text/plain" }
description = "Opens a ticket"
[tools.lost]
type = "http"
url = "http://127.0.0.1:1/"
headers = { Authorization = "env:NOWHERE" }
description = "Has no key"
[mcp.files]
command = "files"
args = ["."]
env = { TOKEN = "env:FILES_KEY" }
[mcp.web]
url = "http://127.0.0.1:1/mcp"
headers = { Authorization = "env:TICKET_KEY" }
enabled = false
[mcp.lost]
command = "lost"
env = { TOKEN = "env:NOWHERE" }
[[hooks.Stop]]
command = "stop"
[[hooks.PreToolUse]]
matcher = "Bash|Write"
command = "check"
timeout_s = 3
`;

async function read() {
  const config = parseConfig(text, "f");
  const env = { TICKET_KEY: "ticket-canary", FILES_KEY: "files-canary", PATH: "" };
  return { config, keys: await resolveKeys(config, { os: "linux", env }) };
}

test("tools and servers get what is behind their references, in the form of those who run them", async () => {
  const { config, keys } = await read();
  const tools = externalToolsOf(config, keys).entries;
  expect(Object.keys(tools)).toEqual(["weather", "ticket"]);
  for (const tool of Object.values(tools)) expect(externalToolSettings.parse(tool)).toEqual(tool);
  expect(tools["ticket"]).toMatchObject({
    headers: { Authorization: "Bearer ticket-canary", Accept: "text/plain" },
  });
  const servers = mcpServersOf(config, keys).entries;
  for (const server of Object.values(servers)) expect(mcpServerSettings.parse(server)).toEqual(server);
  expect(servers).toMatchObject({ files: { env: { TOKEN: "files-canary" } }, web: { enabled: false } });
  const source = externalSource({ tools, environment: {} });
  expect((await source.tools("/")).map(({ name, requiresConfirmation }) => [name, requiresConfirmation]))
    .toEqual([
      ["weather", false],
      ["ticket", true],
    ]);
  await source.close();
});

test("an entry whose key is missing is left out and named, and breaks no other", async () => {
  const { config, keys } = await read();
  const problems = [...externalToolsOf(config, keys).problems, ...mcpServersOf(config, keys).problems];
  expect(problems.map(({ problem }) => problem.message)).toEqual([
    'Cannot use the tool "lost": Cannot find key "env:NOWHERE": the variable NOWHERE is not set where the daemon runs',
    'Cannot use the MCP server "lost": Cannot find key "env:NOWHERE": the variable NOWHERE is not set where the daemon runs',
  ]);
});

test("hooks are the list that runs them takes", async () => {
  const { config } = await read();
  const hooks = hooksOf(config);
  for (const hook of hooks) expect(hookSettings.parse(hook)).toEqual(hook);
  expect(hooks).toContainEqual({ event: "PreToolUse", matcher: "Bash|Write", command: "check", timeoutS: 3 });
  expect(hooks).toContainEqual({ event: "Stop", command: "stop", timeoutS: 10 });
});
