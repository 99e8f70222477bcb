// Versions: exact pins, and one place from which every part of the program knows its own.
import { expect, it } from "vitest";
import lock from "../../package-lock.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };
import { checkedMachineVersion } from "../../machines/version.ts";
import { version, xstateVersion } from "../../src/platform/version.ts";

const pins = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
const locked: Record<string, { version?: string }> = lock.packages;

it("every dependency is pinned to one exact version", () => {
  expect(pins.filter(([, pin]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(pin))).toEqual([]);
});

it("the lock file holds the versions that package.json names, and the same version of jamey", () => {
  expect(lock.version).toBe(manifest.version);
  expect(pins.filter(([name, pin]) => locked[`node_modules/${name}`]?.version !== pin)).toEqual([]);
});

it("the lock file is complete: no platform's package is missing, so npm ci passes on each", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) => {
    const wanted = "optionalDependencies" in entry ? Object.keys(entry.optionalDependencies ?? {}) : [];
    return wanted.filter((name) =>
      !(`node_modules/${name}` in locked) && !(`${path}/node_modules/${name}` in locked)
    );
  });
  expect(missing).toEqual([]);
});

it("the program says the version of package.json, and the machine version names the pinned XState", () => {
  expect(version).toBe(manifest.version);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(xstateVersion).toBe(manifest.dependencies.xstate);
  expect(checkedMachineVersion()).toContain(xstateVersion);
});
