// A real data folder for one test, removed at its end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { onTestFinished } from "vitest";

export function dataFolder(): string {
  const folder = mkdtempSync(`${tmpdir()}/jamey-log-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
