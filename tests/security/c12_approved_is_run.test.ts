// C12: what runs is what was approved: this tool, these arguments, and a command in the sandbox never outside of it.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { callDigest } from "../../actors/call_digest.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Sandbox, SandboxState } from "../../tools/sandbox/contract.ts";
import type { Rule } from "../../src/permission/contract.ts";
import { judge, rule } from "../permission/judged.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let test: TestRuntime;
afterEach(() => test.close());

interface Pending {
  id: string;
  call_id: string;
  digest: string;
}

/** A session that waits for an answer about this call. */
async function asking(name: string, args: JsonObject): Promise<Pending> {
  const id = await test.session("default");
  await test.send(id, script({ calls: [{ name, args }] }, { text: "done" }));
  const asked = await test.fact(id, "call.approval_requested");
  if (asked.type !== "call.approval_requested") throw new Error("nothing is asked");
  return { id, call_id: asked.data.call_id, digest: asked.data.digest };
}

const answer = (
  { id, call_id }: Pending,
  digest: string,
  decision: "allow_once" | "allow_session" = "allow_once",
) => test.runtime.command(id, { type: "call.answer", call_id, decision, digest }, "me");

/** How the call ended, and what there is in the workspace then. */
async function ended({ id }: Pending): Promise<{ type: string; error: string; files: string[] }> {
  await test.fact(id, "turn.ended");
  const last = (await test.facts(id)).findLast(({ type }) => /^call\.(finished|failed|denied)$/.test(type));
  const error = last?.type === "call.failed" ? last.data.error : "";
  return {
    type: last?.type ?? "",
    error,
    files: [...Deno.readDirSync(test.workspace)].map(({ name }) => name),
  };
}

/** A store over the same files that gives back other arguments than were written, as if somebody had changed the log. */
async function forged(from: string, to: string): Promise<LogStore> {
  const store = await openFileLog(openDenoDisk(), test.dataDir);
  const change = (records: LogRecord[]): LogRecord[] =>
    JSON.parse(JSON.stringify(records).replaceAll(from, to));
  const lying = (log: SessionLog): SessionLog =>
    new Proxy(log, {
      get: (target, key) => {
        if (key === "read") return async (at: number, limit: number) => change(await target.read(at, limit));
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return new Proxy(store, {
    get: (target, key) => {
      if (key === "open") return async (id: string) => lying(await target.open(id));
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const changes: { name: string; args: JsonObject; from: string; to: string }[] = [
  { name: "Bash", args: { command: "touch original" }, from: "touch original", to: "touch forged" },
  { name: "Bash", args: { command: "touch original" }, from: "touch original", to: "touch  original" },
  { name: "Write", args: { file_path: "original", content: "x" }, from: "original", to: "forged" },
  { name: "Write", args: { file_path: "a", content: "original" }, from: "original", to: "forged" },
];

it("C12: an approval is good for exactly the arguments that were shown, also when the log says others later", async () => {
  test = await openTestRuntime();
  const pending: Pending[] = [];
  for (const { name, args } of changes) pending.push(await asking(name, args));
  const escapes: string[] = [];
  // Shown was something else: the answer is refused, and the call still waits.
  for (const [index, waiting] of pending.entries()) {
    const { name, args, from, to } = changes[index] ?? { name: "", args: {}, from: "", to: "" };
    const other = callDigest(name, JSON.parse(JSON.stringify(args).replaceAll(from, to)), "bare");
    for (const digest of [other, callDigest(name, args, "sandboxed"), "", `${waiting.digest} `]) {
      const code = await answer(waiting, digest).then(() => "accepted", (problem) => problem.code);
      if (code !== "conflict") escapes.push(`${name}: ${code}`);
    }
  }
  for (const [index, waiting] of pending.entries()) {
    const { from, to } = changes[index] ?? { from: "", to: "" };
    await test.stop();
    await test.restart({ store: await forged(from, to) });
    await answer(waiting, waiting.digest);
    const { type, error, files } = await ended(waiting);
    if (type !== "call.failed" || !error.includes("other arguments")) escapes.push(`${type} ${error}`);
    if (files.length > 0) escapes.push(`files: ${files.join()}`);
  }
  // What was asked after a change of the log cannot be proven, as it should be.
  await test.stop();
  const tried = 5 * changes.length;
  tally({
    family: "C12",
    what: "answers to other arguments",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

it("C12: a refusal that comes while a call waits holds, and so does one for the place to which a link then leads", async () => {
  let rules: Rule[] = [rule("deny", "Edit(./held/**)")];
  test = await openTestRuntime({
    rules: {
      of: () => Promise.resolve({ rules, problems: [] }),
      add: () => Promise.resolve(),
      remove: () => Promise.resolve(false),
    },
  });
  const at = (name: string) => join(test.workspace, name);
  for (const name of ["held", "free"]) await Deno.mkdir(at(name));
  await Deno.symlink(at("free"), at("link"));
  const escapes: string[] = [];
  const write = await asking("Write", { file_path: "link/a.txt", content: "x" });
  await Deno.remove(at("link"));
  await Deno.symlink(at("held"), at("link"));
  await answer(write, write.digest);
  const first = await ended(write);
  if (first.type !== "call.failed") escapes.push(JSON.stringify(first));
  const command = await asking("Bash", { command: "touch made" });
  rules = [rule("deny", "Bash(touch:*)", "managed")];
  await answer(command, command.digest);
  const second = await ended(command);
  if (!second.error.includes("although it was approved: the managed rule")) {
    escapes.push(JSON.stringify(second));
  }
  const made = [...Deno.readDirSync(at("held")), ...Deno.readDirSync(at("free"))].map(({ name }) => name);
  if (made.length > 0 || second.files.includes("made")) escapes.push(`files: ${made.join()}`);
  tally({
    family: "C12",
    what: "refused or led elsewhere after the question",
    tried: 2,
    refused: 2 - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

/** A sandbox that works until a test says otherwise; nothing is ever run in it. */
function unsteady(): Sandbox & { now: SandboxState; confined: number } {
  const sandbox = {
    now: { status: "works", kind: "test 1" } as SandboxState,
    confined: 0,
    state: () => Promise.resolve(sandbox.now),
    confine: () => {
      sandbox.confined++;
      return Promise.reject(new Error("this sandbox confines nothing"));
    },
    close: () => Promise.resolve(),
  };
  return sandbox;
}

it("C12: a command that was approved in the sandbox never runs outside of it, once or for the session", async () => {
  const sandbox = unsteady();
  test = await openTestRuntime({ sandbox });
  const gone: SandboxState = { status: "unavailable", reason: "its program was removed" };
  const command = { command: "touch approved" };
  const escapes: string[] = [];
  // It stops working between the answer and the run, and between a restart and the answer.
  const first = await asking("Bash", command);
  sandbox.now = gone;
  await answer(first, first.digest);
  const end = await ended(first);
  if (
    end.type !== "call.failed" ||
    !end.error.includes("which does not work any more (its program was removed)")
  ) {
    escapes.push(JSON.stringify(end));
  }
  sandbox.now = { status: "works" };
  const second = await asking("Bash", command);
  await test.restart({});
  await answer(second, second.digest);
  const later = await ended(second);
  if (later.type !== "call.failed") escapes.push(JSON.stringify(later));
  await test.restart({ sandbox });
  // Allowed for the session in the sandbox; without it the same command asks again.
  const third = await asking("Bash", command);
  await answer(third, third.digest, "allow_session");
  await test.fact(third.id, "turn.ended");
  if (sandbox.confined !== 1) escapes.push(`${sandbox.confined} confined`);
  sandbox.now = gone;
  const { seq } = await test.send(
    third.id,
    script({ calls: [{ name: "Bash", args: command }] }, { text: "x" }),
  );
  const again = await test.fact(third.id, "call.approval_requested", seq);
  if (again.type !== "call.approval_requested" || again.data.digest === third.digest) {
    escapes.push("the same digest");
  }
  if ([...Deno.readDirSync(test.workspace)].length > 0) escapes.push("a file was made");
  const told = (await test.facts(third.id)).flatMap(({ type, data }) =>
    type === "session.sandbox_changed" ? [data] : []
  );
  expect(told).toMatchObject([{ status: "works" }, {
    status: "unavailable",
    reason: "its program was removed",
  }]);
  tally({
    family: "C12",
    what: "approved in the sandbox, which then failed",
    tried: 3,
    refused: 3 - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
  await test.runtime.command(third.id, { type: "turn.cancel" }, "me");
});

it("C12: what was always allowed in the sandbox asks again outside of it, whatever the reason", async () => {
  test = await openTestRuntime({});
  const { workspace } = test;
  const works: SandboxState = { status: "works" };
  const commands = ["npm test", "make", "touch a && touch b", "cat x | sort", "ls $(pwd)", "git -C a log"];
  const modes = ["default", "acceptEdits", "auto", "dontAsk"] as const;
  const counts = { tried: 0, escapes: 0 };
  for (const command of commands) {
    const { rule: offered } = await judge("Bash", { command }, { workspace, sandbox: works });
    if (offered === null) throw new Error(`No rule is offered for ${command}`);
    for (const mode of modes) {
      const asked = { workspace, mode, rules: [rule("allow", offered)] };
      const inside = await judge("Bash", { command }, { ...asked, sandbox: works });
      expect(inside.permission.decision).toBe("allow");
      for (
        const outside of [
          await judge("Bash", { command, outside_sandbox: true }, { ...asked, sandbox: works }),
          await judge("Bash", { command }, { ...asked, sandbox: { status: "unavailable", reason: "gone" } }),
          await judge("Bash", { command }, asked),
        ]
      ) {
        counts.tried++;
        if (outside.permission.decision === "allow") counts.escapes++;
      }
    }
  }
  const { tried, escapes } = counts;
  tally({ family: "C12", what: "always allowed in the sandbox", tried, refused: tried - escapes, escapes });
  expect(escapes).toBe(0);
});
