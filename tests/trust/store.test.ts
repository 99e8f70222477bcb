import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { OutsideItem } from "../../src/trust/contract.ts";
import { approvalsMax, openTrustStore } from "../../src/trust/store.ts";
import { textBytesMax, textsMax } from "../../src/trust/texts.ts";
import { dataFolder } from "../support/data_folder.ts";

const hook: OutsideItem = { workspace: "/a", kind: "hook", name: "settings.json", text: '{"run":"make"}' };

it("nothing is approved until a person says so, and one changed byte makes it unknown content again", async () => {
  const store = await openTrustStore(join(dataFolder(), "trust.json"));
  expect(store.standing(hook)).toBe("unknown");
  await store.approve([hook]);
  expect(store.standing(hook)).toBe("approved");
  let changed = 0;
  for (let at = 0; at < hook.text.length; at++) {
    const text = `${hook.text.slice(0, at)}~${hook.text.slice(at + 1)}`;
    if (store.standing({ ...hook, text }) === "changed") changed++;
  }
  console.log(`P3 one byte changed: ${changed} of ${hook.text.length} changes noticed`);
  expect(changed).toBe(hook.text.length);
  expect(store.standing({ ...hook, workspace: "/b" })).toBe("unknown");
  expect(store.standing({ ...hook, kind: "mcp_server" })).toBe("unknown");
});

it("approvals outlive the program, in a file that only the user can read", async () => {
  const path = join(dataFolder(), "deep", "trust.json");
  await (await openTrustStore(path)).approve([hook]);
  const again = await openTrustStore(path);
  expect(again.standing(hook)).toBe("approved");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, "utf8")).not.toContain("make");
  expect((await readdir(dirname(path))).sort()).toEqual(["trust.json", "trust_texts"]);
});

it("approvals of a folder can be taken back, others stay", async () => {
  const path = join(dataFolder(), "trust.json");
  const store = await openTrustStore(path);
  await store.approve([hook, { ...hook, name: "other" }, { ...hook, workspace: "/b" }]);
  expect(await store.withdraw("/a", [{ kind: "hook", name: "other" }, { kind: "hook", name: "none" }])).toBe(
    1,
  );
  expect(store.standing({ ...hook, name: "other" })).toBe("unknown");
  expect(store.standing(hook)).toBe("approved");
  expect(await store.withdraw("/a")).toBe(1);
  expect(await store.withdraw("/a")).toBe(0);
  for (const each of [store, await openTrustStore(path)]) {
    expect(each.standing(hook)).toBe("unknown");
    expect(each.standing({ ...hook, workspace: "/b" })).toBe("approved");
    expect(each.approvals().map(({ workspace, name }) => [workspace, name])).toEqual([["/b", hook.name]]);
  }
});

it("the text that was approved is kept to show a change, readable by the user alone, until nothing needs it", async () => {
  const folder = dataFolder();
  const store = await openTrustStore(join(folder, "trust.json"));
  const changed = { ...hook, text: '{"run":"make evil"}' };
  expect(store.previous(changed)).toBeNull();
  await store.approve([hook]);
  expect((await openTrustStore(join(folder, "trust.json"))).previous(changed)).toBe(hook.text);
  const texts = join(folder, "trust_texts");
  const [name = ""] = await readdir(texts);
  expect((await stat(join(texts, name))).mode & 0o777).toBe(0o600);
  expect((await stat(texts)).mode & 0o777).toBe(0o700);
  await writeFile(join(texts, name), "something that nobody approved");
  expect(store.previous(changed)).toBeNull();
  await store.approve([changed]);
  expect(await readdir(texts)).not.toContain(name);
  await store.withdraw(hook.workspace);
  expect(await readdir(texts)).toEqual([]);
});

it("a text that is too long, or older than many others, is not kept, and approved all the same", async () => {
  const folder = dataFolder();
  const store = await openTrustStore(join(folder, "trust.json"));
  const long = { ...hook, text: "x".repeat(textBytesMax + 1) };
  await store.approve([long]);
  expect(store.standing(long)).toBe("approved");
  expect(store.previous(long)).toBeNull();
  const items = Array.from({ length: textsMax + 1 }, (_, at) => ({ ...hook, name: `${at}`, text: `${at}` }));
  await store.approve(items);
  expect(await readdir(join(folder, "trust_texts"))).toHaveLength(textsMax);
  expect(store.previous({ ...hook, name: "0" })).toBeNull();
  expect(store.previous({ ...hook, name: `${textsMax}` })).toBe(`${textsMax}`);
});

it("what is approved once more as it was keeps the time of its approval", async () => {
  const store = await openTrustStore(join(dataFolder(), "trust.json"));
  await store.approve([hook]);
  const before = store.approvals();
  await new Promise((resolve) => setTimeout(resolve, 2));
  await store.approve([hook]);
  expect(store.approvals()).toEqual(before);
});

it("many approvals at once are all kept", async () => {
  const path = join(dataFolder(), "trust.json");
  const store = await openTrustStore(path);
  const items = Array.from({ length: 50 }, (_, index) => ({ ...hook, name: `hook ${index}` }));
  await Promise.all(items.map((item) => store.approve([item])));
  const again = await openTrustStore(path);
  expect(items.filter((item) => again.standing(item) === "approved")).toHaveLength(50);
});

it("a damaged file is set aside and reported, and everything is unknown", async () => {
  const damages = ["", "{", "null", '{"version":2}', '{"version":1,"approvals":[{"name":1}]}', "\0\0\0"];
  for (const damage of damages) {
    const folder = dataFolder();
    const path = join(folder, "trust.json");
    await (await openTrustStore(path)).approve([hook]);
    await writeFile(path, damage);
    const lines: string[] = [];
    const store = await openTrustStore(path, { report: (line) => void lines.push(line) });
    expect(store.standing(hook)).toBe("unknown");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Cannot read approvals ".*trust\.json": .*, it is kept as ".*damaged-/);
    const names = await readdir(folder);
    expect(names.sort()).toEqual([expect.stringMatching(/^trust\.json\.damaged-\d+$/), "trust_texts"]);
    const [aside = ""] = names;
    expect(await readFile(join(folder, aside), "utf8")).toBe(damage);
    await store.approve([hook]);
    expect((await openTrustStore(path)).standing(hook)).toBe("approved");
  }
  console.log(`damaged trust files: ${damages.length} of ${damages.length} set aside, none approved`);
});

it("an approval that cannot be written does not count", async () => {
  const folder = dataFolder();
  const store = await openTrustStore(join(folder, "file", "trust.json"));
  await writeFile(join(folder, "file"), "in the way");
  await expect(store.approve([hook])).rejects.toThrow();
  expect(store.standing(hook)).toBe("unknown");
});

it(`there are at most ${approvalsMax} approvals`, async () => {
  const store = await openTrustStore(join(dataFolder(), "trust.json"));
  await store.approve(
    Array.from({ length: approvalsMax }, (_, index) => ({ ...hook, name: `hook ${index}` })),
  );
  await expect(store.approve([hook])).rejects.toThrow(`there are ${approvalsMax} approvals already`);
  expect(store.standing(hook)).toBe("unknown");
});
