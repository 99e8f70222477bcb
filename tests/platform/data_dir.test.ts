// Where the data folder is on each platform.
import { expect, test } from "vitest";
import { dataDir } from "../../src/platform/data_dir.ts";

const of = (os: string, variables: Record<string, string>, override?: string) =>
  dataDir({ os, env: (name) => variables[name], override });

test("each platform has its own place", () => {
  expect(of("linux", { HOME: "/home/me" })).toBe("/home/me/.local/share/jamey-code");
  expect(of("linux", { HOME: "/home/me", XDG_DATA_HOME: "/data" })).toBe("/data/jamey-code");
  expect(of("darwin", { HOME: "/Users/me" })).toBe("/Users/me/Library/Application Support/jamey-code");
  expect(of("windows", { APPDATA: "/roaming" })).toBe("/roaming/jamey-code");
});

test("a relative XDG folder is ignored, as its specification demands", () => {
  expect(of("linux", { HOME: "/home/me", XDG_DATA_HOME: "data" })).toBe("/home/me/.local/share/jamey-code");
});

test("the flag wins over JAMEY_DATA_DIR, and that over the platform", () => {
  expect(of("linux", { HOME: "/home/me", JAMEY_DATA_DIR: "/moved" })).toBe("/moved");
  expect(of("linux", { HOME: "/home/me", JAMEY_DATA_DIR: "/moved" }, "/flag")).toBe("/flag");
});

test("without a home there is no guess", () => {
  expect(of("linux", {})).toBeUndefined();
  expect(of("darwin", { HOME: "" })).toBeUndefined();
});
