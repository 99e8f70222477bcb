// Facts say through which program a person spoke: as it names itself, one plain line, never too long.
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventsPage } from "../../src/protocol/http.ts";
import { memoryKind } from "../support/hosts.ts";
import { openSocket, startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeEach(async () => void (server = await startTestServer(memoryKind)));
afterEach(() => server.close());

async function asking(): Promise<{ id: string; path: string; call_id: string }> {
  const id = await server.session();
  await server.call("POST", `/sessions/${id}/messages`, { message: "call Guarded touch it" });
  for (;;) {
    const { body } = await server.call("GET", `/sessions/${id}/approvals`);
    const [approval] = Object(body)["approvals"];
    if (approval !== undefined) {
      const call_id = String(approval.call_id);
      return { id, path: `/sessions/${id}/approvals/${call_id}`, call_id };
    }
  }
}

async function clientIn(id: string): Promise<unknown> {
  const { events } = eventsPage.parse((await server.call("GET", `/sessions/${id}/events`)).body);
  return events.find(({ type }) => type === "call.approved")?.data["client"];
}

it.each([
  ["its own name", { "jamey-client": "my-editor/1.0 (process 7)" }, "my-editor/1.0 (process 7)"],
  ["the name of its library, when it gives none", { "user-agent": "curl/8.5.0" }, "curl/8.5.0"],
  ["its own name before that of its library", { "jamey-client": "mine", "user-agent": "curl/8.5.0" }, "mine"],
  ["plain characters only", { "jamey-client": "a\tb\u00a0c\u009b2Jd" }, "a b c 2Jd"],
  ["a bounded length", { "jamey-client": "x".repeat(5_000) }, "x".repeat(120)],
  ["nothing, when it is blank", { "jamey-client": "\u00a0", "user-agent": "" }, undefined],
])("an answer over HTTP carries %s", async (_, headers, expected) => {
  const { id, path } = await asking();
  const { status } = await server.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ decision: "allow_once" }),
  });
  expect(status).toBe(200);
  expect(await clientIn(id)).toBe(expected);
});

it("an answer over a WebSocket carries the name with which it was opened", async () => {
  const { id, call_id } = await asking();
  const socket = openSocket(server, `/sessions/${id}/ws`);
  await socket.until(({ type }) => type === "synced");
  socket.command("a", { type: "call.answer", call_id, decision: "allow_once" });
  await socket.until((frame) => frame.type === "accepted");
  expect(await clientIn(id)).toMatch(/^Deno\//);
  socket.socket.close();
});

it("who acts without the token is named in the log, each thing once; who only reads is not", async () => {
  const { path } = await asking();
  const post = (more: Record<string, string>) =>
    fetch(server.url + path, { method: "POST", headers: { "user-agent": "evil\t1", ...more }, body: "{}" })
      .then((answer) => answer.body?.cancel().then(() => answer.status));
  expect(await post({})).toBe(401);
  expect(await post({ authorization: "Bearer wrong-wrong-wrong" })).toBe(401);
  expect(await post({ origin: "https://evil.example" })).toBe(403);
  await fetch(server.url + path).then((answer) => answer.body?.cancel());
  expect(server.reports).toEqual([
    `Refused POST "${path}" of "evil 1" (401): it is not the user's`,
    `Refused POST "${path}" of "evil 1" (403): it is not the user's`,
  ]);
  for (let i = 0; i < 300; i++) {
    await fetch(`${server.url}/made-up/${i}`, { method: "POST" }).then((answer) => answer.body?.cancel());
  }
  expect(server.reports).toHaveLength(100);
  expect(server.reports.at(-1)).toContain("no more of them are told");
});
