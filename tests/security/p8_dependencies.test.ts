// P8: what is installed is what was looked at: exact versions, from the registry, each with its hash, and no program of a
// package runs at installation but the one that is named here: what a package would run is decided one by one.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { tally } from "../support/tally.ts";

const registry = "https://registry.npmjs.org/";
/** Deno itself, whose program is chosen for the machine when it is installed. */
const mayRun = ["deno"];
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/;
const installNames = ["preinstall", "install", "postinstall"];
const names = z.record(z.string(), z.string()).default({});
const manifestShape = z.looseObject({
  name: z.string(),
  version: z.string(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  overrides: z.record(z.string(), z.unknown()).default({}),
  allowScripts: z.record(z.string(), z.boolean()).default({}),
  scripts: names,
});
const packageShape = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  dependencies: names,
  devDependencies: names,
});
const lockShape = z.looseObject({
  lockfileVersion: z.number(),
  packages: z.record(z.string(), packageShape),
});

type Manifest = z.infer<typeof manifestShape>;
type Lock = z.infer<typeof lockShape>;

const manifest = manifestShape.parse(JSON.parse(await readFile("package.json", "utf8")));
const lock = lockShape.parse(JSON.parse(await readFile("package-lock.json", "utf8")));
const installed = Object.entries(lock.packages).filter(([path]) => path !== "");

/** What is wrong with a manifest and its lock file. */
function faultsOf(
  { dependencies, devDependencies, optionalDependencies, allowScripts }: Manifest,
  lock: Lock,
): string[] {
  const pins = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const root = lock.packages[""];
  const locked = { ...root?.dependencies, ...root?.devDependencies };
  const drift = pins.flatMap(([name, pin]) =>
    [
      exact.test(pin) ? [] : [`${name} is pinned to "${pin}", not to one version`],
      locked[name] === pin ? [] : [`${name} is ${locked[name]} in the lock file`],
      lock.packages[`node_modules/${name}`]?.version === pin
        ? []
        : [`${name} is installed in another version`],
    ].flat()
  );
  const lost = Object.keys(locked).filter((name) => !pins.some(([known]) => known === name))
    .map((name) => `${name} is in the lock file only`);
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "").flatMap(([path, entry]) => {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return [
      entry.link === true ? [`${path} is a link`] : [],
      // Left out of the lock file it is the registry of whoever installs; every other source is named.
      entry.resolved?.startsWith(registry) ?? true ? [] : [`${path} is from "${entry.resolved}"`],
      entry.integrity?.startsWith("sha512-") || entry.inBundle ? [] : [`${path} has no sha512`],
      entry.hasInstallScript === true && allowScripts[name] === undefined
        ? [`nobody decided about ${path}`]
        : [],
    ].flat();
  });
  const running = Object.entries(allowScripts)
    .filter(([name, isAllowed]) => isAllowed && !mayRun.includes(name))
    .map(([name]) => `${name} may run a script`);
  return [...drift, ...lost, ...packages, ...running];
}

it("every package is one exact version from the registry with its hash, and runs nothing that is not named", () => {
  const faults = faultsOf(manifest, lock);
  const tried = installed.length;
  tally({
    family: "P8",
    what: "packages of the lock file",
    tried,
    refused: tried - faults.length,
    escapes: faults.length,
  });
  expect(faults).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});

it("drift, a range, another source, a missing hash and a script are each noticed", () => {
  const [path, sound] = installed.find(([, entry]) => entry.integrity !== undefined) ?? ["", {}];
  const bad = [
    { resolved: "git+ssh://git@example.com/evil.git" },
    { resolved: "https://registry.npmjs.org.example.com/evil.tgz" },
    { resolved: "http://registry.npmjs.org/evil.tgz" },
    { resolved: "file:../evil" },
    { integrity: undefined },
    { integrity: "sha1-0000" },
    { hasInstallScript: true },
    { link: true },
  ].map((change) => ({
    manifest,
    lock: { ...lock, packages: { ...lock.packages, [path]: packageShape.parse({ ...sound, ...change }) } },
  }));
  const pins = [
    "^1.0.0",
    "~1.0.0",
    "*",
    "latest",
    "1.x",
    "",
    "git+https://example.com/x",
    "npm:evil@1.0.0",
    "99.0.0",
  ]
    .map((pin) => ({
      manifest: { ...manifest, dependencies: { ...manifest.dependencies, zod: pin } },
      lock,
    }));
  const { zod: _, ...fewer } = manifest.dependencies;
  const lost = { manifest: { ...manifest, dependencies: fewer }, lock };
  const running = { manifest: { ...manifest, allowScripts: { ...manifest.allowScripts, evil: true } }, lock };
  const all = [...bad, ...pins, lost, running];
  const escapes = all.filter((each) => faultsOf(each.manifest, each.lock).length === 0).length;
  tally({
    family: "P8",
    what: "manipulated manifests and lock files",
    tried: all.length,
    refused: all.length - escapes,
    escapes,
  });
  expect(escapes).toBe(0);
});

it("no package that lies here has a script of installation that the lock file is silent about", async () => {
  const silent: string[] = [];
  let tried = 0;
  for (const [path, entry] of installed) {
    const text = await readFile(join(path, "package.json"), "utf8").catch(() => null);
    if (text === null) continue;
    tried++;
    const { scripts } = z.looseObject({ scripts: names }).parse(JSON.parse(text));
    const hasScript = installNames.some((name) => name in scripts) ||
      await stat(join(path, "binding.gyp")).then(() => true, () => false);
    if (hasScript && entry.hasInstallScript !== true) silent.push(path);
  }
  tally({
    family: "P8",
    what: "packages as they lie here",
    tried,
    refused: tried - silent.length,
    escapes: silent.length,
  });
  expect(silent).toEqual([]);
});

it("our own manifest runs nothing at installation, and replaces no package by another", () => {
  expect(Object.keys(manifest.scripts).filter((name) => [...installNames, "prepare"].includes(name))).toEqual(
    [],
  );
  expect(manifest.overrides).toEqual({});
});

it("no package has a known weakness, as far as the registry can be asked", async () => {
  const { stdout } = await new Deno.Command("npm", {
    args: ["audit", "--json", "--fetch-retries=0", "--fetch-timeout=10000"],
    stdin: "null",
    stderr: "null",
  }).output();
  const answer = z.looseObject({ vulnerabilities: z.record(z.string(), z.unknown()).optional() })
    .safeParse(parseJson(new TextDecoder().decode(stdout)));
  const weak = answer.data?.vulnerabilities;
  if (weak === undefined) {
    console.warn("P8 npm audit: SKIPPED, because the registry does not answer that question here");
    return;
  }
  const escapes = Object.keys(weak).length;
  const tried = installed.length;
  tally({
    family: "P8",
    what: "packages that npm audit was asked about",
    tried,
    refused: tried - escapes,
    escapes,
  });
  expect(Object.keys(weak)).toEqual([]);
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
