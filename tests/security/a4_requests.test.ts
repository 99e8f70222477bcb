// A4: requests about agents, teams, modes and workflows that are wrong, too large, or from nobody.
import { afterEach, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../src/protocol/json.ts";
import { teamMembersMax } from "../../src/protocol/team_spec.ts";
import { routes } from "../../src/server/routes/table.ts";
import { runtimeKind } from "../support/hosts.ts";
import { script } from "../support/runtime.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { tally } from "../support/tally.ts";

let server: TestServer;
afterEach(() => server.close());

const prompt = script({ text: "x" });
const bodies = (): Record<string, JsonObject> => ({
  "/sessions": {
    agent_mode: "review",
    mode_settings: { members: [{ name: "author" }, { name: "other", budget: { tokens: 5 } }], rounds_max: 2 },
  },
  "/sessions/:id/teams": {
    name: "t",
    goal: "g",
    members: [{ name: "m", prompt, budget: { tokens: 5 }, tools: ["Read"], max_turns: 3 }],
    restart: { max: 1, backoff_ms: 5 },
  },
  "/sessions/:id/workflows": {
    definition: { name: "w", nodes: { x: { kind: "agent", prompt } }, budget: { wall_ms: 5 } },
    inputs: {},
    budget: { tokens: 5 },
  },
  "/sessions/:id/workflows/w/pause": { reason: "r" },
  "/sessions/:id/workflows/w/edit": { definition: { name: "w", nodes: { x: { kind: "agent", prompt } } } },
  "/sessions/:id/messages": { message: prompt, to: "main" },
  "/sessions/:id/cancel": { actor: "main" },
});

const odd: JsonValue[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  9_007_199_254_740_993,
  "",
  "constructor",
  "../../x",
  "\u0000\u001b]0;x\u0007",
  "\ud800",
  "x".repeat(300_000),
  [],
  [[[[[[]]]]]],
  {},
  { constructor: { prototype: {} }, toString: 1 },
];

/** The body with one of its values in place of each part, and with one key more. */
function* spoiled(value: JsonValue, odd: JsonValue): Generator<JsonValue> {
  yield odd;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      for (const inner of spoiled(item, odd)) yield value.with(at, inner);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const inner of spoiled(item, odd)) yield { ...value, [key]: inner };
    }
    yield { ...value, valueOf: odd };
  }
}

it("A4: no wrong body is a fault of the daemon", async () => {
  server = await startTestServer(runtimeKind);
  const id = await server.session();
  let tried = 0;
  let refused = 0;
  const faults: string[] = [];
  for (const [path, body] of Object.entries(bodies())) {
    for (const value of odd) {
      for (const wrong of spoiled(body, value)) {
        const answer = await server.call("POST", path.replace(":id", id), wrong);
        tried++;
        if (answer.status >= 400 && answer.status < 500) refused++;
        if (answer.status >= 500) faults.push(`${path} ${JSON.stringify(wrong).slice(0, 200)}`);
      }
    }
  }
  expect(faults).toEqual([]);
  expect(server.reports).toEqual([]);
  tally({ family: "A4", what: "wrong bodies", tried, refused, escapes: faults.length });
}, 120_000);

it(
  "A4: every route of agents, teams and workflows needs the token, and refuses names that there are none of",
  async () => {
    server = await startTestServer(runtimeKind);
    const id = await server.session();
    const wanted = routes.filter(({ path }) => /team|workflow|agents|tree|cancel|extend|budget/.test(path));
    const ids = [
      "nobody",
      "constructor",
      "__proto__",
      "..%2f..%2fx",
      "%00",
      "x".repeat(5_000),
      "%ff",
      "workflow:w",
    ];
    expect(wanted.length).toBeGreaterThan(8);
    let tried = 0;
    for (const { method, path } of wanted) {
      const filled = path.replace(":id", id).replaceAll(/:\w+/g, "x");
      const init = method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } };
      const stranger = await fetch(server.url + filled, { method, ...init });
      await stranger.body?.cancel();
      expect(stranger.status, `${method} ${path}`).toBe(401);
      tried++;
      if (!path.includes(":")) continue;
      for (const name of ids) {
        const answer = await server.fetch(path.replaceAll(/:\w+/g, name), { method, ...init });
        await answer.body?.cancel();
        expect(answer.status, `${method} ${path} ${name}`).toBeGreaterThanOrEqual(400);
        expect(answer.status, `${method} ${path} ${name}`).toBeLessThan(500);
        tried++;
      }
    }
    // A refusal is told, and is no fault.
    expect(server.reports.filter((line) => !line.startsWith("Refused "))).toEqual([]);
    tally({ family: "A4", what: "strangers and wrong names", tried, refused: tried, escapes: 0 });
  },
  60_000,
);

it("A4: there is a most of everything", async () => {
  server = await startTestServer(runtimeKind);
  const id = await server.session();
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `m${at}`, prompt: "x" }));
  const node = (at: number): [string, JsonObject] => [`n${at}`, { kind: "condition", when: "true" }];
  const nodes = Object.fromEntries(Array.from({ length: 2_001 }, (_, at) => node(at)));
  const one = { x: { kind: "agent", prompt: "x" } };
  const tooMuch: [string, JsonObject][] = [
    ["teams", { name: "t", goal: "g", members: many(teamMembersMax + 1) }],
    ["teams", { name: "t", goal: "x".repeat(10_001), members: many(1) }],
    ["teams", { name: "t", goal: "g", members: [{ name: "m", prompt: "x".repeat(100_001) }] }],
    ["teams", { name: "t", goal: "g", members: many(1), restart: { max: 1e6, backoff_ms: 0 } }],
    ["workflows", { definition: { name: "w", nodes }, inputs: {} }],
    ["workflows", { definition: { name: "w", nodes: one, max_parallel: 1_000 }, inputs: {} }],
    ["workflows", { definition: { name: "w", nodes: one, budget: { tokens: -5 } }, inputs: {} }],
    ["workflows", { definition: { name: "w", nodes: one, budget: { cost_usd: -5 } }, inputs: {} }],
  ];
  for (const [what, body] of tooMuch) {
    const { status } = await server.call("POST", `/sessions/${id}/${what}`, body);
    expect(status, JSON.stringify(body).slice(0, 100)).toBe(400);
  }
  const modes = {
    agent_mode: "parallel",
    mode_settings: { members: many(33).map(({ name }) => ({ name })) },
  };
  expect((await server.call("POST", "/sessions", modes)).status).toBe(400);
  const tried = tooMuch.length + 1;
  tally({ family: "A4", what: "more than there may be", tried, refused: tried, escapes: 0 });
});
