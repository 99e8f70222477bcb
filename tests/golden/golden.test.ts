// Golden logs: what every release wrote must open, fold to its recorded digests, and go on, for ever.
import { expect, it } from "vitest";
import { join } from "node:path";
import { z } from "zod";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { factData } from "../../src/protocol/facts.ts";
import { openTestRuntime } from "../support/runtime.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

const root = new URL("../fixtures/golden/", import.meta.url).pathname;
const expectedFile = z.record(
  z.string(),
  z.object({
    id: z.string(),
    seq: z.number(),
    digest: z.string(),
    status: z.string(),
    types: z.array(z.string()),
  }),
);
const releases = [...Deno.readDirSync(root)].map((entry) => entry.name);

for (const release of releases) {
  const expected = expectedFile.parse(
    JSON.parse(Deno.readTextFileSync(join(root, release, "expected.json"))),
  );
  for (const [name, golden] of Object.entries(expected)) {
    it(`the session "${name}" of version ${release} opens, folds to its recorded digest, and goes on`, async () => {
      const folder = await Deno.makeTempDir({ prefix: "jamey-golden-" });
      await copy(join(root, release, name), join(folder, "data", "sessions", golden.id));
      // Requests are proven by the provider's own encoding of that version; here the fold alone is at stake.
      const test = await openTestRuntime({
        folder,
        providers: registryOf([{ ...scriptedProvider(), name: "none" }]),
      });
      try {
        const report = await test.runtime.verify(golden.id);
        expect(report).toMatchObject({
          ok: true,
          records: golden.seq,
          final_digest: golden.digest,
          diverged: null,
        });
        expect(await test.types(golden.id)).toEqual(golden.types);
        expect((await test.runtime.view(golden.id)).state.summary.status).toBe(golden.status);
        await test.runtime.command(golden.id, { type: "session.rename", name: "goes on" }, "test");
        expect((await test.runtime.verify(golden.id)).ok).toBe(true);
      } finally {
        await test.close();
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

it("the golden sessions hold every fact type but those that only a crash or another version writes", () => {
  const types = new Set(releases.flatMap((release) => {
    const expected = expectedFile.parse(
      JSON.parse(Deno.readTextFileSync(join(root, release, "expected.json"))),
    );
    return Object.values(expected).flatMap((golden) => golden.types);
  }));
  // Played in tests/crash and tests/golden/earlier.test.ts.
  const missing = Object.keys(factData).filter((type) => !types.has(type));
  expect(missing.sort()).toEqual(["agent.resumed", "session.upgraded"]);
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) await copy(join(from, entry.name), join(to, entry.name));
    else await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}
