// Permissions in the compiled program: the grammar of the shell is in it, and rules are kept beside its sessions.
import { afterAll, beforeAll, expect, it } from "vitest";
import { explanation } from "../../src/protocol/permission_views.ts";
import { type Desk, openDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
  await desk.ok(["start"], { env: { JAMEY_PROVIDER: "scripted" } });
});
afterAll(() => desk.close());

it("a command is taken apart by the grammar that the program carries, and each part meets its rule", async () => {
  await desk.ok(["permissions", "allow", "Bash(git status)"]);
  await desk.ok(["permissions", "deny", "Bash(rm:*)", "--everywhere"]);
  const words = ["permissions", "explain", "--json", "git status && (cd build; rm -rf out)"];
  const { decision, parts } = explanation.parse(JSON.parse(await desk.ok(words)));
  expect(decision).toBe("deny");
  expect(parts.map((part) => [part.text, part.decision])).toEqual([
    ["git status", "allow"],
    ["cd build", expect.any(String)],
    ["rm -rf out", "deny"],
  ]);
  const alone = JSON.parse(await desk.ok(["permissions", "explain", "--json", "git status"]));
  expect(alone).toMatchObject({ decision: "allow" });
});
