// What text looks like to people and models: nothing hidden, nothing a terminal would act on, cuts that say so.
import fc from "fast-check";
import { expect, test } from "vitest";
import { cutMiddle } from "../../tools/cut.ts";
import { cleanEnvironment } from "../../tools/environment.ts";
import { plainStream, plainText } from "../../tools/plain_text.ts";
import { visible } from "../../tools/visible.ts";

test("hidden, reordering and control characters are written out", () => {
  const hidden = "\u001b\u0000\r\u202e\u2066\u200b\u00a0\ufeff\u2028\u{e0041}\ud800\u009b\u00ad";
  expect(visible(hidden)).toBe(
    "\\u{1b}\\u{00}\\u{0d}\\u{202e}\\u{2066}\\u{200b}\\u{a0}\\u{feff}\\u{2028}\\u{e0041}\\u{d800}\\u{9b}\\u{ad}",
  );
  expect(visible("plain text, größer 日本 😀\n\tindented")).toBe("plain text, größer 日本 😀\n\tindented");
});

test("long blank runs cannot push anything out of sight", () => {
  expect(visible(`a${" ".repeat(10_000)}b`)).toBe("a[10000 spaces]b");
  expect(visible(`a${"\n".repeat(100)}b`)).toBe("a\n[99 empty lines]\nb");
});

test("no text becomes something that a terminal acts on", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    // deno-lint-ignore no-control-regex
    expect(visible(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
    // deno-lint-ignore no-control-regex
    expect(plainText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }));
});

test("cleaning a stream gives the same text wherever it is cut into pieces", () => {
  const text = "a\u001b[31mred\u001b[0m\r\nb\u001b]0;title\u0007c\rd é😀\n";
  const bytes = new TextEncoder().encode(text);
  fc.assert(fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
    const edges = [0, ...cuts.sort((one, other) => one - other), bytes.length];
    let out = "";
    const stream = plainStream((piece) => out += piece);
    edges.slice(1).forEach((edge, index) => stream.push(bytes.subarray(edges[index], edge)));
    expect(out).toBe("ared\nbc\nd é😀\n");
    expect(plainText(text)).toBe(out);
  }));
});

test("a cut keeps head and tail, says what is missing, and splits no character", () => {
  expect(cutMiddle("abc", 3)).toEqual({ text: "abc", cut: false });
  const { text } = cutMiddle("😀".repeat(50), 33);
  expect(text.isWellFormed()).toBe(true);
  expect(text).toContain("characters left out of 100");
});

test("commands get an allow-list of the environment, without secrets", () => {
  const clean = cleanEnvironment({
    PATH: "/bin",
    LC_ALL: "C",
    OPENAI_API_KEY: "x",
    AWS_SECRET_ACCESS_KEY: "x",
    GITHUB_TOKEN: "x",
    JAMEY_TOKEN: "x",
    SSH_AUTH_SOCK: "x",
    LD_PRELOAD: "x",
    BASH_ENV: "x",
    https_proxy: "http://user:word@proxy",
    http_proxy: "http://proxy:1",
  });
  expect(clean).toEqual({ PATH: "/bin", LC_ALL: "C", http_proxy: "http://proxy:1" });
});
