import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSecretPlaces } from "../../src/permission/open_secret_places.ts";
import { undoTool } from "../../tools/undo.ts";
import { sha256 } from "../../tools/temporary_file.ts";
import { runTool, testSession, textOf } from "../tools/workspace.ts";
import { tally } from "../support/tally.ts";
import { openOutsideDesk, type OutsideDesk, outsideText } from "./outside_desk.ts";

let desk: OutsideDesk;
beforeEach(async () => void (desk = await openOutsideDesk()));
afterEach(() => desk.remove());

it("a file that has another name outside is changed by no tool", async () => {
  const { dir, outside } = desk;
  await Deno.link(join(outside, "secret"), join(dir, "linked"));
  await Deno.link(join(outside, "sub/file"), join(dir, "folder/linked"));
  await Deno.link(join(outside, "book.ipynb"), join(dir, "book.ipynb"));
  await Deno.symlink("linked", join(dir, "link-to-linked"));
  const before = await desk.outsideNow();
  let [tried, refused] = [0, 0];
  const isRefused = (said: string) => /^Cannot change .* hard links/.test(said);
  for (const path of ["linked", "folder/linked", "book.ipynb", "link-to-linked"]) {
    // The last three calls change something; what may be read otherwise may be read here.
    const changes = (await desk.tryAll(path)).slice(3);
    tried += changes.length;
    refused += changes.filter(isRefused).length;
  }
  const bytes = await Deno.readFile(join(dir, "linked"));
  const change = {
    call_id: "c1-1",
    path: join(dir, "linked"),
    before: { sha256: sha256(new Uint8Array([1])), content: "x", mode: 0o644 },
    after: { sha256: sha256(bytes) },
  };
  const session = testSession("c2-1", { by: "user", changes: () => [change] });
  tried++;
  if (isRefused(textOf(await runTool(undoTool, {}, desk.context({ session }))))) refused++;
  const escapes = await desk.outsideNow() === before ? 0 : 1;
  tally({ family: "F3", what: "changes through hard links", tried, refused, escapes });
  expect({ escapes, refused }).toEqual({ escapes: 0, refused: tried });
});

it("a file that is a secret under another name is neither shown nor searched nor changed", async () => {
  const { dir, outside } = desk;
  const home = join(outside, "home");
  const secrets = [".ssh/id_x", ".aws/credentials", ".netrc"].map((name) => join(home, name));
  secrets.push(
    join(outside, "data/token"),
    join(outside, "data/sessions/s1/log.jsonl"),
    join(dir, "a/b/.env"),
  );
  for (const path of secrets) {
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, outsideText);
  }
  const names = secrets.map((_, index) => `notes-${index}.txt`);
  await Promise.all(secrets.map((path, index) => Deno.link(path, join(dir, names[index] ?? ""))));
  const places = openSecretPlaces({
    home,
    dataDir: join(outside, "data"),
    configDir: join(outside, "config"),
  });
  let [tried, refused, escapes] = [0, 0, 0];
  for (const path of [...names, ...names.map((name) => join(dir, name)), "."]) {
    for (const [index, said] of (await desk.tryAll(path, { secrets: places })).entries()) {
      // Names are shown: Glob is no part of it.
      if (index === 2) continue;
      tried++;
      if (said.includes(outsideText)) escapes++;
      if (/^Cannot|No matches found|secrets are kept from tools/.test(said)) refused++;
    }
  }
  for (const path of secrets) if (await Deno.readTextFile(path) !== outsideText) escapes++;
  tally({ family: "F3", what: "secrets under second names", tried, refused, escapes });
  expect({ escapes, refused }).toEqual({ escapes: 0, refused: tried });
});
