// C12 over the wire: an answer is bound to what was shown. Every client of ours sends the digest of what it showed, and a
// daemon that would run something else refuses the answer, over HTTP and over a WebSocket.
import { afterEach, expect, it } from "vitest";
import { eventsPage } from "../../src/protocol/http.ts";
import { until } from "../support/daemon.ts";
import { tally } from "../support/tally.ts";
import { type AgentDesk, call, openAgentDesk, script } from "../cli/agent_desk.ts";
import { jamey, writeDiscovery } from "../cli/program.ts";
import { openSocket } from "../support/server.ts";

let desk: AgentDesk;
afterEach(() => desk.close());

interface Waiting {
  id: string;
  call_id: string;
  digest: string;
}

async function asking(): Promise<Waiting> {
  const body = { workspace: desk.workspace, permission_mode: "default" };
  const created = await desk.server.call("POST", "/sessions", body);
  const id = String(Object(created.body)["session_id"]);
  const message = script(call("Bash", { command: "touch shown" }), { text: "done" });
  await desk.server.call("POST", `/sessions/${id}/messages`, { message });
  const approval = await until("the question", async () => (await desk.view(id)).state.approvals[0] ?? null);
  return { id, call_id: approval.call_id, digest: approval.digest };
}

it("C12: an answer with another digest than that of the call is refused, whoever sends it and however", async () => {
  desk = await openAgentDesk();
  const { id, call_id, digest } = await asking();
  const wrong = [
    "",
    "0",
    digest.slice(1),
    `${digest}0`,
    digest.toUpperCase(),
    `${digest.slice(0, -1)}g`,
    ` ${digest}`,
  ];
  const escapes: string[] = [];
  const decisions = [
    "allow_once",
    "allow_session",
    "allow_always",
    "reject_once",
    "reject_session",
    "reject_always",
  ];
  for (const decision of decisions) {
    for (const other of wrong) {
      const path = `/sessions/${id}/approvals/${call_id}`;
      const { status } = await desk.server.call("POST", path, { decision, digest: other });
      if (status !== 409) escapes.push(`HTTP ${decision} ${other}: ${status}`);
    }
  }
  const socket = openSocket(desk.server, `/sessions/${id}/ws`);
  await socket.until(({ type }) => type === "synced");
  for (const [place, other] of wrong.entries()) {
    socket.command(`w${place}`, { type: "call.answer", call_id, decision: "allow_once", digest: other });
    const frame = await socket.until((one) => "id" in one && one.id === `w${place}`);
    if (frame.type !== "refused" || frame.code !== "conflict") {
      escapes.push(`WebSocket ${other}: ${frame.type}`);
    }
  }
  socket.socket.close();
  if ((await desk.view(id)).state.approvals.length !== 1) escapes.push("it does not wait any more");
  const tried = wrong.length * (decisions.length + 1);
  tally({
    family: "C12",
    what: "answers over the wire to something else than what was shown",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

it("C12: approve, deny and chat answer with the digest of what they have shown", async () => {
  desk = await openAgentDesk();
  // Stands between the command line and the daemon, and shows what is not what would run.
  let lied = 0;
  const answers: { digest?: string; decision?: string }[] = [];
  const clients: (string | null)[] = [];
  const between = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    const { method, headers } = request;
    const text = method === "POST" ? await request.text() : undefined;
    if (method === "POST" && url.pathname.includes("/approvals/")) {
      answers.push(JSON.parse(text ?? "{}"));
      clients.push(headers.get("jamey-client"));
    }
    const answered = await fetch(desk.server.url + url.pathname + url.search, {
      method,
      headers: { authorization: headers.get("authorization") ?? "", "content-type": "application/json" },
      ...(text === undefined ? {} : { body: text }),
    });
    const body = await answered.text();
    const lie = method === "GET" && url.pathname.endsWith("/approvals");
    if (lie) lied++;
    return new Response(
      lie ? body.replace(/"digest":"[0-9a-f]{64}"/, `"digest":"${"0".repeat(64)}"`) : body,
      {
        status: answered.status,
        headers: { "content-type": "application/json" },
      },
    );
  });
  const dataDir = await Deno.makeTempDir();
  await writeDiscovery(dataDir, `http://127.0.0.1:${between.addr.port}`);
  const { id, call_id, digest } = await asking();
  const escapes: string[] = [];
  const commands = [
    ["approve", id, call_id],
    ["approve", id, call_id, "--session"],
    ["approve", id, call_id, "--always"],
    ["deny", id, call_id],
    ["deny", id, call_id, "--session", "--reason", "no"],
  ];
  for (const args of commands) {
    const { code, stderr } = await jamey(dataDir, args);
    if (code === 0 || !stderr.includes("what was shown is not what would run")) {
      escapes.push(`${args}: ${stderr}`);
    }
  }
  if (answers.some((one) => one.digest !== "0".repeat(64))) escapes.push("a digest that was not shown");
  if ((await desk.view(id)).state.approvals.length !== 1) escapes.push("it does not wait any more");
  expect(lied).toBe(commands.length);
  // Straight to the daemon, the same question is answered as it stands there.
  const chat = await desk.jamey(["chat", "-s", id], { stdin: "y\n" });
  const { body } = await desk.server.call("GET", `/sessions/${id}/events`);
  const approved = eventsPage.parse(body).events.find(({ type }) => type === "call.approved");
  if (approved?.data["digest"] !== digest) escapes.push(`chat: ${JSON.stringify(approved)} ${chat.stderr}`);
  expect(approved?.data["client"]).toMatch(/^jamey chat\/\d+\.\d+\.\d+ \(process \d+ on \S+\)$/);
  expect(clients).toEqual(commands.map(([name]) => expect.stringMatching(new RegExp(`^jamey ${name}/`))));
  await between.shutdown();
  await Deno.remove(dataDir, { recursive: true });
  tally({
    family: "C12",
    what: "answers of the command line to what a daemon does not run",
    tried: commands.length,
    refused: commands.length - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});
