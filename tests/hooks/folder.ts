// A real folder with settings files, a real trust store, and hooks that run real programs there.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createHooks, type HooksOptions } from "../../src/hooks/hooks.ts";
import type { FolderHooks, HookInput, HookRun } from "../../src/hooks/contract.ts";
import type { HookEvent } from "../../src/protocol/work_facts.ts";
import type { TrustStore } from "../../src/trust/contract.ts";
import { openTrustStore } from "../../src/trust/store.ts";
import { runProgram } from "../../tools/external/run_program.ts";

export interface HookFolder {
  dir: string;
  trust: TrustStore;
  hooks: FolderHooks;
  reports: string[];
  write(name: string, content: unknown): string;
  run(event: HookEvent, input?: Partial<HookInput>, signal?: AbortSignal): Promise<HookRun[]>;
  approveAll(): Promise<void>;
}

export async function hookFolder(options: Partial<HooksOptions> = {}): Promise<HookFolder> {
  const base = realpathSync(mkdtempSync(`${tmpdir()}/jamey-hooks-`));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const dir = join(base, "workspace");
  mkdirSync(dir);
  const trust = await openTrustStore(join(base, "trust.json"));
  const reports: string[] = [];
  const hooks = createHooks({
    settings: [],
    files: [],
    trust,
    report: (line) => void reports.push(line),
    environment: { PATH: Deno.env.get("PATH") ?? "" },
    runProgram,
    ...options,
  });
  return {
    dir,
    trust,
    hooks,
    reports,
    write(name, content) {
      const path = join(dir, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      return path;
    },
    run: (event, input = {}, signal = new AbortController().signal) =>
      hooks.run(event, { session_id: "s1", cwd: dir, fields: {}, ...input }, { signal }),
    approveAll: () => trust.approve(hooks.items(dir).map(({ item }) => item)),
  };
}

/** A settings file with one hook. */
export function oneHook(event: string, command: string, matcher?: string) {
  return { hooks: { [event]: [{ matcher, hooks: [{ type: "command", command }] }] } };
}
