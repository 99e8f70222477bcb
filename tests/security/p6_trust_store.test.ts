// P6: no tool of the agent's writes what decides about trust, wherever the session works; and what is trusted in one folder
// is trusted nowhere else.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { trustPort } from "../../actors/outside.ts";
import type { EventEnvelope } from "../../src/protocol/facts.ts";
import type { OutsideView } from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openAnswers } from "../../src/permission/store/answers.ts";
import { openTrustStore } from "../../src/trust/store.ts";
import { hookFolder, oneHook } from "../hooks/folder.ts";
import { type DaemonProcess, startDaemonProcess, until } from "../support/daemon.ts";
import { dataFolder } from "../support/data_folder.ts";
import { script } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let daemon: DaemonProcess | undefined;
afterEach(async () => {
  await daemon?.end("SIGKILL");
  daemon = undefined;
});

interface Call {
  name: string;
  args: JsonObject;
}

/** A daemon whose data folder lies in the folder that is worked in, with one approval in its store. */
async function open() {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-store-" }));
  const dataDir = join(home, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  daemon = await startDaemonProcess({ dataDir, env: { HOME: home, XDG_CONFIG_HOME: join(home, ".config") } });
  const { request } = daemon;
  const project = join(home, "project");
  const settings = join(project, ".claude", "settings.json");
  mkdirSync(join(project, ".claude"), { recursive: true });
  writeFileSync(settings, JSON.stringify(oneHook("SessionStart", "true")));
  const look = () =>
    request<{ items: OutsideView[]; digest: string }>(
      "GET",
      `/trust?${new URLSearchParams({ workspace: project })}`,
    );
  await request("POST", "/trust", { workspace: project, digest: (await look()).digest });
  writeFileSync(settings, JSON.stringify(oneHook("SessionStart", "touch evil")));
  const { session_id: id } = await request<{ session_id: string }>("POST", "/sessions", {
    workspace: home,
    permission_mode: "bypassPermissions",
  });
  let after = 0;
  /** Has the model do these, one after the other, and gives what came of the turn. */
  const turn = async (calls: readonly Call[]): Promise<EventEnvelope[]> => {
    const message = script(...calls.map((call) => ({ calls: [call] })), { text: "done" });
    const { seq } = await request<{ seq: number }>("POST", `/sessions/${id}/messages`, { message });
    after = seq;
    return await until("the end of the turn", async () => {
      const path = `/sessions/${id}/events?after=${after}&limit=1000`;
      const { events } = await request<{ events: EventEnvelope[] }>("GET", path);
      return events.some(({ type }) => type === "turn.ended") ? events : null;
    });
  };
  return { home, dataDir, store: join(dataDir, "trust.json"), look, turn };
}

function evilStore(workspace: string): string {
  const approval = {
    workspace,
    kind: "hook",
    name: ".claude/settings.json",
    sha256: "0".repeat(64),
    approved_at: "2026-01-01T00:00:00.000Z",
  };
  return JSON.stringify({ version: 1, approvals: [approval] });
}

it(
  "no file tool and no command in the sandbox changes the store of approvals, in any mode and by any path",
  async () => {
    const { home, store, dataDir, look, turn } = await open();
    symlinkSync(store, join(home, "link.json"));
    symlinkSync(dataDir, join(home, "folder"));
    symlinkSync(home, join(home, "around"));
    const before = readFileSync(store, "utf8");
    const paths = [
      store,
      "data/trust.json",
      "./project/../data/./trust.json",
      "link.json",
      "folder/trust.json",
      "around/data/trust.json",
      "around/around/folder/trust.json",
      "hard.json",
      "data/trust_texts/planted",
      "data/trust.json.new",
      "data/permissions.json",
      "data/token",
      "data/daemon.json",
    ].map((path) => path.startsWith("/") ? path : join(home, path));
    const content = evilStore(join(home, "project"));
    // A file that is there is to be read before it is changed: so that this is not what refuses it.
    const files = paths.flatMap((file_path): Call[][] => {
      const read = { name: "Read", args: { file_path } };
      return [
        [read, { name: "Write", args: { file_path, content } }],
        [read, { name: "Edit", args: { file_path, old_string: "1", new_string: "2", replace_all: true } }],
        [read, {
          name: "NotebookEdit",
          args: { notebook_path: file_path, new_source: content, cell_id: "0" },
        }],
      ];
    });
    const commands = [
      `echo x >> ${store}`,
      `printf x | tee ${store}`,
      `cp project/.claude/settings.json ${store}`,
      `mv project/.claude/settings.json ${store}`,
      `ln -sf /dev/null ${store}`,
      `sed -i s/1/2/ ${store}`,
      `rm -f ${store}`,
      `mv data data.old && mkdir data && cp -r data.old/. data && echo x > data/trust.json`,
      `cd folder && echo x > trust.json`,
      `ln ${store} mine.json && echo x >> mine.json`,
      `truncate -s 0 ${store}; dd if=/dev/zero of=${store} count=1`,
      `chmod 777 ${store} ${dataDir}`,
    ].map((command): Call[] => [{ name: "Bash", args: { command } }]);
    // The scripted model goes on whatever becomes of a call.
    const probe = await turn([{ name: "Bash", args: { command: "true" } }]);
    const confined = probe.some(({ type, data }) =>
      type === "session.sandbox_changed" && data.status === "works"
    );
    if (!confined) console.warn("P6 commands: SKIPPED, because no sandbox works here");
    const tried = confined ? [...files, ...commands] : files;
    const escaped: string[] = [];
    for (const calls of tried) {
      // Only for those who name it: a file with two names is refused for that alone.
      const isLinked = JSON.stringify(calls).includes("hard.json");
      if (isLinked) linkSync(store, join(home, "hard.json"));
      await turn(calls);
      if (isLinked) rmSync(join(home, "hard.json"));
      const now = await Deno.readTextFile(store).catch(() => "gone");
      if (now === before) continue;
      escaped.push(JSON.stringify(calls.at(-1)).slice(0, 200));
      writeFileSync(store, before, { mode: 0o600 });
    }
    const planted = ["trust_texts/planted", "trust.json.new", "permissions.json"]
      .filter((name) => readOr(join(dataDir, name)).includes("0000"));
    const escapes = escaped.length + planted.length;
    const what = confined
      ? "changes of the store by tools and confined commands"
      : "changes of the store by file tools";
    tally({ family: "P6", what, tried: tried.length, refused: tried.length - escapes, escapes });
    expect({ escaped, planted }).toEqual({ escaped: [], planted: [] });
    expect((await look()).items.map(({ standing }) => standing)).toEqual(["changed"]);
  },
  60_000,
);

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

it("what is approved in a folder is not approved above, below or beside it, nor where a link leads", async () => {
  const folder = await hookFolder();
  const { trust, hooks, dir } = folder;
  const port = trustPort({
    store: trust,
    items: (workspace) => Promise.resolve(hooks.items(workspace)),
    approved: () => Promise.resolve(),
    withdrawn: () => Promise.resolve(),
  });
  const content = oneHook("SessionStart", "./run.sh");
  const base = join(dir, "..");
  const names = ["", "below", "below/deeper", "../beside", "../workspace-2", "../work"];
  for (const name of names) folder.write(`${name}/.claude/settings.json`, content);
  folder.write("../.claude/settings.json", content);
  const standing = async (path: string) => (await port.outside(path)).map((item) => item.standing).join();
  const { outsideDigest } = await import("../../actors/outside.ts");
  symlinkSync(dir, join(base, "link"));
  const shown = await port.outside(join(base, "link"));
  await port.trust(join(base, "link"), outsideDigest(shown));
  // It was reached through a link: what is approved is where the link leads.
  expect([await standing(dir), await standing(join(base, "link"))]).toEqual(["approved", "approved"]);

  const others = [...names.slice(1).map((name) => join(dir, name)), base, `${dir}/.claude`].map((path) =>
    [path, path] as const
  );
  const found: string[] = [];
  for (const [what, path] of others) if (await standing(path) === "approved") found.push(what);
  rmSync(join(base, "link"));
  symlinkSync(join(base, "beside"), join(base, "link"));
  if (await standing(join(base, "link")) === "approved") found.push("a link that leads elsewhere now");
  symlinkSync(join(dir, "below"), join(base, "linked-below"));
  if (await standing(join(base, "linked-below")) === "approved") found.push("a link to a folder below");
  renameSync(dir, join(base, "moved"));
  if (await standing(join(base, "moved")) === "approved") found.push("the same folder under another name");
  symlinkSync(join(base, "beside"), dir);
  if (await standing(dir) === "approved") found.push("a link in the place of the folder");
  const tried = others.length + 4;
  tally({
    family: "P6",
    what: "approvals elsewhere than where they were given",
    tried,
    refused: tried - found.length,
    escapes: found.length,
  });
  expect(found).toEqual([]);
});

it("approvals and rules that others could read or change are not believed, as when they came with a repository", async () => {
  const item = { workspace: "/a", kind: "hook", name: "x", text: "evil" } as const;
  const modes = [0o644, 0o664, 0o666, 0o604, 0o640, 0o602, 0o777];
  const believed: string[] = [];
  for (const mode of modes) {
    const path = join(dataFolder(), "trust.json");
    await (await openTrustStore(path)).approve([item]);
    await Deno.chmod(path, mode);
    const lines: string[] = [];
    const store = await openTrustStore(path, { report: (line) => void lines.push(line) });
    if (store.standing(item) !== "unknown") believed.push(mode.toString(8));
    expect(lines.join()).toContain("others can read or change it");
  }
  for (const mode of modes) {
    const path = join(dataFolder(), "permissions.json");
    const answers = await openAnswers(path, () => {});
    await answers.add({ action: "allow", text: "Bash", workspace: null });
    await answers.add({ action: "deny", text: "WebFetch", workspace: null });
    await Deno.chmod(path, mode);
    const { rules, problems } = (await openAnswers(path, () => {})).of("/a");
    if (rules.map(({ text }) => text).join() !== "WebFetch") believed.push(`rules with ${mode.toString(8)}`);
    expect(problems.join()).toContain("others can read or change the file");
  }
  const tried = modes.length * 2;
  tally({
    family: "P6",
    what: "approvals and rules in files with the modes of a checkout",
    tried,
    refused: tried - believed.length,
    escapes: believed.length,
  });
  expect(believed).toEqual([]);
});
