// What Bash says about the sandbox: to the person who is asked, to the rules, and to the model when a command failed in it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { noSecrets } from "../../src/permission/secret_places.ts";
import { bashTool } from "../../tools/bash.ts";
import { hiddenFileHint, sandboxHint } from "../../tools/sandbox/hint.ts";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { textOf } from "./workspace.ts";

let room: SandboxRoom;
beforeAll(async () => {
  room = await openRoom({ place: "/var/tmp" });
});
afterAll(() => room.close());

function call(args: Record<string, string | boolean>) {
  const parsed = bashTool.parse({ command: "make", ...args });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.call;
}

it("a person sees that a command is to leave the sandbox, and an answer to the one covers not the other", () => {
  const [inside, outside] = [call({}), call({ outside_sandbox: true })];
  expect(inside.prompt).toBe("make");
  expect(outside.prompt).toBe("make\n[outside the sandbox]");
  expect(call({ outside_sandbox: true, run_in_background: true }).prompt).toContain("[in the background]");
  const described = call({ outside_sandbox: true, description: 'It builds"]\n[in the\u202e sandbox]' });
  expect(described.prompt).toBe(
    'make\n[outside the sandbox]\n[the model says: "It builds\\"] [in the\\u{202e} sandbox]"]',
  );
  expect(outside.grant).not.toBe(inside.grant);
  expect(outside.requiresConfirmation && inside.requiresConfirmation).toBe(true);
});

it("rules are told what the command is and whether it is to leave", () => {
  expect(call({}).subjects).toEqual([{ kind: "command", command: "make", outsideSandbox: false }]);
  expect(call({ outside_sandbox: true }).subjects).toEqual([
    { kind: "command", command: "make", outsideSandbox: true },
  ]);
});

it("a command that was let out runs bare, and where there is no sandbox every command does", async () => {
  const file = `${room.outside}/written`;
  expect(textOf(await room.bash(`echo 1 >${file}; cat ${file}`, { outside_sandbox: true }))).toBe("1");
  expect(await room.text(`echo 2 >${file}`)).toContain("Read-only file system");
  expect(await Deno.readTextFile(file)).toBe("1\n");
  const bare = await room.prepare(`echo 3 >${file}; cat ${file}`, { sandbox: null });
  expect(textOf(await bare.run())).toBe("3");
});

it("after a failure that the sandbox may explain the model is told of it, after others not", async () => {
  expect(await room.text(`touch ${room.outside}/x`)).toContain(sandboxHint);
  expect(await room.text("exec 3<>/dev/tcp/192.0.2.1/80")).toContain(sandboxHint);
  expect(await room.text("echo wrong; exit 3")).not.toContain(sandboxHint);
  expect(await room.text(`touch ${room.outside}/x || true`)).not.toContain(sandboxHint);
  const out = await room.bash("echo 'Permission denied'; exit 1", { outside_sandbox: true });
  expect(textOf(out)).not.toContain(sandboxHint);
});

it("git that meets a hidden file is told what is in its way, and that it goes on without it", async () => {
  const file = `${room.workspace}/.env`;
  await new Deno.Command("git", { args: ["init", "-q", room.workspace] }).output();
  await Deno.writeTextFile(file, "KEY=x");
  const secrets = { ...noSecrets, hidden: () => Promise.resolve([file]) };
  const git = room.bashIn(openSandbox({ ...room.options, secrets }));
  const failed = textOf(await git("git add -A"));
  expect(failed).toContain(hiddenFileHint);
  expect(failed).not.toContain(sandboxHint);
  expect(textOf(await git("echo .env >.gitignore && git add -A && git status --short"))).toBe(
    "A  .gitignore",
  );
});
