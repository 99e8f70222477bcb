// The profile for macOS, as text: what it says of each place. Whether the system obeys it is tried out where it is used.
import { expect, it } from "vitest";
import { seatbeltProfile } from "../../tools/sandbox/seatbelt_profile.ts";

const profile = seatbeltProfile([
  { as: "read-only", path: "/" },
  { as: "read-only", path: "/w/.git/hooks" },
  { as: "hidden folder", path: "/data" },
  { as: "writable", path: "/data/tmp" },
  { as: "hidden file", path: '/w/a "b"\\.env' },
  { as: "writable", path: "/w" },
]);
const place = (rule: string) => profile.indexOf(rule);

it("everything is refused that no rule allows, the network with it", () => {
  expect(profile).toMatch(/^\(version 1\)\n\(deny default\)\n/);
  expect(profile).not.toMatch(/allow[^)]*(?:network|appleevent|default)/);
});

it("the deepest word on a path is the last: held in a writable folder, writable in a hidden one", () => {
  const written = place('(allow file-read* file-write* (subpath "/w"))');
  expect(written).toBeGreaterThan(0);
  expect(place('(deny file-write* (subpath "/w/.git/hooks"))')).toBeGreaterThan(written);
  const hidden = place('(deny file-read-data file-write* (subpath "/data"))');
  expect(place('(allow file-read* file-write* (subpath "/data/tmp"))')).toBeGreaterThan(hidden);
});

it("the folders between a workspace and what is held in it cannot be moved", () => {
  expect(profile).toContain('(deny file-write-unlink (literal "/w/.git"))');
  expect(profile).toContain('(deny file-write-unlink (literal "/w"))');
});

it("a path cannot end its quotes", () => {
  expect(profile).toContain(String.raw`(subpath "/w/a \"b\"\\.env")`);
});
