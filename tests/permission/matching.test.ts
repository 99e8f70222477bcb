// Rules against paths, hosts and names: a refusal is understood generously, an allowance strictly.
import { describe, expect, it } from "vitest";
import type { RuleAction } from "../../src/permission/contract.ts";
import { matchesHost } from "../../src/permission/match_host.ts";
import { matchesName, matchesServer } from "../../src/permission/match_name.ts";
import { matchesPath } from "../../src/permission/match_path.ts";

const places = { workspace: "/home/me/project", home: "/home/me" };
const meant = (specifier: string, path: string, action: RuleAction = "deny", real: string | null = path) =>
  matchesPath(specifier, { given: path, real }, { action, places });
const here = (path: string) => `${places.workspace}/${path}`;

describe("paths", () => {
  it.each([
    ["./secrets/**", here("secrets/a/b"), true],
    ["./secrets/**", here("x/secrets/a"), false],
    ["secrets", here("x/secrets/a"), true],
    ["*.pem", here("a/b/key.pem"), true],
    ["src/*.ts", here("src/a/b.ts"), false],
    ["src/**/*.ts", here("src/a/b.ts"), true],
    ["/src/**", here("src/a"), true],
    ["~/.zshrc", "/home/me/.zshrc", true],
    ["~/**", "/home/me/x/y", true],
    ["~/**", "/home/you/x", false],
    ["//etc/**", "/etc/passwd", true],
    ["//etc/**", here("etc/passwd"), false],
    ["../other/**", "/home/me/other/x", true],
    [".", here("a"), true],
    ["**", here("a/b"), true],
    ["**", "/home/me/projects/a", false],
    ["a[1].txt", here("a1.txt"), true],
    ["#notes", here("#notes"), true],
  ])("the glob %s and the path %s: %s", (specifier, path, expected) => {
    expect(meant(specifier, path, "allow")).toBe(expected);
    expect(meant(specifier, path, "deny")).toBe(expected);
  });

  it("a link makes no difference to a refusal, and no allowance reaches through one", () => {
    expect(meant("src/**", here("src/link"), "deny", "/etc/passwd")).toBe(true);
    expect(meant("//etc/**", here("src/link"), "deny", "/etc/passwd")).toBe(true);
    expect(meant("src/**", here("src/link"), "allow", "/etc/passwd")).toBe(false);
    expect(meant("//etc/**", here("src/link"), "allow", "/etc/passwd")).toBe(false);
    expect(meant("src/**", here("src/link"), "allow", null)).toBe(false);
  });

  it("a refusal is meant in whatever case, of the folder itself, and from the root when it begins with one slash", () => {
    expect([meant(".env", here(".ENV")), meant(".env", here(".ENV"), "allow")]).toEqual([true, false]);
    expect([meant("./secrets/**", here("secrets")), meant("./secrets/**", here("secrets"), "allow")])
      .toEqual([true, false]);
    expect([meant("/etc/passwd", "/etc/passwd"), meant("/etc/passwd", "/etc/passwd", "allow")])
      .toEqual([true, false]);
  });
});

it.each([
  ["domain:example.com", "https://example.com/a", true],
  ["domain:example.com", "https://EXAMPLE.com.:8443/", true],
  ["domain:example.com", "https://example.com.evil.org/", false],
  ["domain:example.com", "https://notexample.com/", false],
  ["domain:example.com", "https://a.example.com/", false],
  ["domain:example.com", "https://example.com@evil.org/", false],
  ["domain:evil.org", "https://example.com@evil.org/", true],
  ["domain:*.example.com", "https://a.b.example.com/", true],
  ["domain:*.example.com", "https://example.com/", false],
  ["domain:*.example.com", "https://aexample.com/", false],
  ["domain:127.0.0.1", "http://0x7f.1/", true],
  ["domain:münchen.de", "https://xn--mnchen-3ya.de/", true],
  ["domain:example.com", "no address", false],
])("hosts are compared by labels: %s and %s: %s", (specifier, address, expected) => {
  expect(matchesHost(specifier, address)).toBe(expected);
});

it("names are whole, with * for any part of them", () => {
  expect(matchesName("review", "review", false)).toBe(true);
  expect(matchesName("review", "reviewer", false)).toBe(false);
  expect(matchesName("a:*", "a", false)).toBe(true);
  expect(matchesName("a.b", "axb", false)).toBe(false);
  expect([matchesName("Review", "review", false), matchesName("Review", "review", true)]).toEqual([
    false,
    true,
  ]);
});

it.each([
  // rule, server, tool, allows, refuses
  ["mcp__github", "github", "mcp__github__get", true, true],
  ["mcp__github__*", "github", "mcp__github__get", true, true],
  ["mcp__github__get", "github", "mcp__github__get", true, true],
  ["mcp__github__get_*", "github", "mcp__github__get_a", true, true],
  ["mcp__github__get_*", "github", "mcp__github__put_a", false, false],
  ["mcp__*", "anything", "mcp__anything__x", true, true],
  ["mcp__github", "gitlab", "mcp__gitlab__get", false, false],
  // A folder may call its server so that its tools look like those of another one.
  ["mcp__github", "github__evil", "mcp__github__evil__get_1a2b3c4d", false, true],
  ["mcp__github__*", "github__evil", "mcp__github__evil__get_1a2b3c4d", false, true],
  // A name that had to be cut or changed says nothing of its server: that is asked for.
  ["mcp__my.server", "my.server", "mcp__my_server__get_1a2b3c4d", true, true],
  ["mcp__long", "long", "mcp__lo_1a2b3c4d", true, true],
])("the rule %s and the server %s with its tool %s", (text, server, tool, allows, refuses) => {
  expect(matchesServer(text, { tool, server }, false)).toBe(allows);
  expect(matchesServer(text, { tool, server }, true)).toBe(refuses);
});
