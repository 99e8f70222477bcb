// Which models an endpoint of the Messages API offers: paged, bounded, and a clear problem when it cannot say.
import { expect, test } from "vitest";
import { Problem } from "../../src/protocol/problem.ts";
import { pageBytesMax, pagesMax } from "../../src/providers/anthropic/model_list.ts";
import { useAnthropic } from "../support/anthropic_endpoint.ts";
import { decline } from "../support/anthropic_plan.ts";
import { bytes, page, type Plan } from "../support/model_plan.ts";

const endpoint = useAnthropic();

const listed = (ids: readonly string[], more?: string): Plan => {
  const data = ids.map((id) => ({ type: "model", id, display_name: id }));
  return page(
    200,
    "application/json",
    JSON.stringify({ data, has_more: more !== undefined, last_id: more ?? null }),
  );
};

async function namesOf(
  plan: (query: URLSearchParams) => Plan,
  over = {},
  signal = new AbortController().signal,
) {
  endpoint.list(plan);
  const provider = endpoint.provider(over);
  if (provider.models === undefined) throw new Error("it cannot say");
  return await provider.models(signal);
}

async function problemOf(asked: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await asked.then(() => null, (error: unknown) => error);
  if (!(thrown instanceof Problem)) throw new Error(`no problem: ${String(thrown)}`);
  return thrown;
}

test("the names are given once each and in order, from all pages", async () => {
  const asked: string[] = [];
  const names = await namesOf((query) => {
    asked.push(query.toString());
    return query.has("after_id")
      ? listed(["claude-b", "claude-a"])
      : listed(["claude-c", "claude-b"], "claude-b");
  });
  expect(names).toEqual(["claude-a", "claude-b", "claude-c"]);
  expect(asked).toEqual(["limit=1000", "limit=1000&after_id=claude-b"]);
});

test("a list that never ends is read up to a number of pages", async () => {
  let pages = 0;
  expect(await namesOf(() => listed([`m${++pages}`], `m${pages}`))).toHaveLength(pagesMax);
  expect(pages).toBe(pagesMax);
});

test("a page that points to itself is read no more than twice", async () => {
  let pages = 0;
  expect(await namesOf(() => (pages++, listed(["m"], "m")))).toEqual(["m"]);
  expect(pages).toBe(2);
});

const silent: Plan = { ...page(200, "application/json", ""), steps: [bytes('{"data":['), "silence"] };
test.each<[string, Plan, string, RegExp]>([
  ["a wrong key", decline(401, "authentication_error", "invalid key"), "provider_auth", /check the API key/],
  ["an error", decline(500, "api_error", "oops"), "provider_failed", /answered 500/],
  ["a page that is no list", page(200, "text/html", "<html>"), "provider_failed", /not JSON/],
  ["another list", page(200, "application/json", '{"data":[{}]}'), "provider_failed", /no list of models/],
  [
    "a book",
    page(200, "application/json", "x".repeat(pageBytesMax + 1)),
    "provider_failed",
    /longer than/,
  ],
  ["a list that stalls", silent, "provider_failed", /sent nothing for 60 ms/],
  [
    "a list that breaks off",
    { ...silent, steps: [bytes('{"data":['), "cut"] },
    "provider_failed",
    /connection broke/,
  ],
])("%s is a problem that says so", async (_, plan, code, message) => {
  const problem = await problemOf(namesOf(() => plan, plan === silent ? { idleTimeoutMs: 60 } : {}));
  expect(problem.code).toBe(code);
  expect(problem.message).toMatch(/^Cannot list the models of "127\.0\.0\.1:\d+": /);
  expect(problem.message).toMatch(message);
});

test("a list of exactly the largest size is read", async () => {
  const short = JSON.stringify({ data: [{ id: "" }] });
  const id = "x".repeat(pageBytesMax - short.length);
  expect(await namesOf(() => page(200, "application/json", JSON.stringify({ data: [{ id }] })))).toEqual([
    id,
  ]);
});

test("asking for the list can be cancelled", async () => {
  const problem = await problemOf(namesOf(() => silent, {}, AbortSignal.timeout(40)));
  expect(problem.message).toMatch(/cancelled/);
});
