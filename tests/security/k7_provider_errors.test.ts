import { expect, it } from "vitest";
import {
  answer,
  bytes,
  cutAfter,
  delta,
  event,
  page,
  type Plan,
  refuse,
  sse,
} from "../support/model_plan.ts";
import type { WireRequest } from "../support/model_server.ts";
import { tally } from "../support/tally.ts";
import { filesWith, key, openKeyDesk } from "./key_desk.ts";

const long = `${"x".repeat(3_000)} ${key} ${"y".repeat(3_000)}`;
const json = JSON.stringify(key).slice(1, -1);

/** Endpoints that say the key again, in every place where something of theirs is kept or shown. */
const plans: readonly (readonly [what: string, plan: () => Plan])[] = [
  ...[400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529].map((status) =>
    [
      `status ${status}`,
      () => refuse(status, `Incorrect API key provided: ${key}. Header: Bearer ${key}`),
    ] as const
  ),
  ["a long error", () => refuse(401, long)],
  ["a page", () => page(401, "text/html", `<h1>401</h1><pre>Authorization: Bearer ${key}</pre>`)],
  ["plain text", () => page(403, "text/plain", key)],
  ["no JSON", () => page(400, "application/json", `{"error": "${key}`)],
  ["a header", () => refuse(401, "no", { "x-request-id": key, "www-authenticate": `Bearer realm="${key}"` })],
  [
    "a place to go to",
    () => ({ status: 302, headers: { location: `http://127.0.0.1:9/?key=${key}` }, steps: [] }),
  ],
  [
    "an error in a stream",
    () =>
      sse([event(delta({ content: "so " })), event({ error: { message: `bad key ${json}`, code: key } })]),
  ],
  ["a broken event", () => sse([event(delta({ content: "so " })), bytes(`data: {"${key}\n\n`)])],
  ["a stream that is cut", () => cutAfter(answer({ text: [`the key is `, key] }), 400)],
  ["an answer that says it twice", () => answer({ text: [key, " and again ", key] })],
  ["the answer itself", () => answer({ text: ["your key is ", key, " is it not"] })],
  ["pieces of an answer", () => answer({ text: [...key] })],
  [
    "arguments of a call",
    () => answer({ calls: [{ id: "c1", name: "Read", args: { file_path: `/tmp/${key}` } }] }),
  ],
  ["the name of a call", () => answer({ calls: [{ id: "c1", name: key, args: {} }] })],
  ["the id of a call", () => answer({ calls: [{ id: key, name: "Read", args: { file_path: "x" } }] })],
  ["why it ended", () => answer({ text: "so", finish: key })],
];

it("an endpoint that says the key again makes it appear in no answer, fact, log line or file", async () => {
  const asked = new Map<number, number>();
  const reply = ({ messages }: WireRequest): Plan => {
    const said = messages.findLast(({ role }) => role === "user")?.content ?? "";
    const place = Number(/case (\d+)/.exec(JSON.stringify(said))?.[1] ?? -1);
    asked.set(place, (asked.get(place) ?? 0) + 1);
    // After a call's result it ends.
    return messages.at(-1)?.role === "tool"
      ? answer({ text: "done" })
      : plans[place]?.[1]() ?? answer({ text: "done" });
  };
  const desk = await openKeyDesk({ reply });
  const outcomes = await Promise.all(plans.map(async ([what], place) => {
    const session = await desk.session();
    const turn = await desk.turn(session, `case ${place}`);
    const view = await desk.daemon.request("GET", `/sessions/${session}`);
    return { what, text: JSON.stringify([turn, view, await desk.events(session)]) };
  }));
  const leaks = outcomes.filter(({ text }) => text.includes(key)).map(({ what }) => what);
  const files = filesWith(desk.dataDir, key);
  const spoken = desk.said().includes(key) ? 1 : 0;
  tally({
    family: "K7",
    what: "answers of a provider that hold the key",
    tried: plans.length,
    refused: plans.length - leaks.length,
    escapes: leaks.length + files.found.length + spoken,
  });
  expect({ leaks, files: files.found, spoken }).toEqual({ leaks: [], files: [], spoken: 0 });
  expect([...asked.keys()].sort((a, b) => a - b)).toEqual(plans.map((_, place) => place));
}, 90_000);
