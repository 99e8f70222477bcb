// Fan-out: one session's facts to many clients, against a bare WebSocket server that sends the same bytes. The clients
// are a third process, so that reading does not slow the sender more than a second core would.
import { z } from "zod";
import type { Bench, BenchContext, Row } from "../bench.ts";
import { type DaemonProcess, startDaemon } from "../daemon.ts";
import { cpuMs } from "../process_usage.ts";
import { alternate, figureOf, ratioOf } from "../samples.ts";

const clients = 50;
const commandsInFlight = 50;
const report = z.object({ ms: z.number(), messages: z.number() });

interface Measured {
  rate: number;
  cpuPerMessage: number;
}

export const fanOut: Bench = {
  name: "fan_out",
  async run(context) {
    const facts = context.quick ? 500 : 1_500;
    const rounds = context.quick ? 3 : 5;
    const daemon = await startDaemon(context);
    const cpu: Record<"daemon" | "bare", number[][]> = { daemon: [], bare: [] };
    const noted = async (of: "daemon" | "bare", work: Promise<Measured>): Promise<number[]> => {
      const { rate, cpuPerMessage } = await work;
      cpu[of].push([cpuPerMessage]);
      return [rate];
    };
    const series = await alternate(rounds, {
      bare: () => noted("bare", viaBare(context, facts)),
      daemon: () => noted("daemon", viaDaemon(context, daemon, facts)),
    });
    await daemon.stop();
    const row: Row = {
      name: `fan_out.to_${clients}_clients`,
      unit: "messages/s",
      measured: figureOf(series.daemon, "high"),
      calibration: { of: "bare WebSocket server", ...figureOf(series.bare, "high") },
      ratio: ratioOf(series.daemon, series.bare),
      aim: null,
    };
    const costs = { daemon: cpu.daemon.slice(1), bare: cpu.bare.slice(1) };
    if (cpuMs(Deno.pid) === null) {
      return [row, { name: "fan_out.cpu", skipped: "CPU times are read on Linux only" }];
    }
    return [row, {
      name: "fan_out.cpu",
      unit: "us per message",
      measured: figureOf(costs.daemon),
      calibration: { of: "bare WebSocket server", ...figureOf(costs.bare) },
      ratio: ratioOf(costs.daemon, costs.bare),
      aim: null,
    }];
  },
};

async function viaDaemon(context: BenchContext, daemon: DaemonProcess, facts: number): Promise<Measured> {
  const session = await daemon.session();
  const url = `${daemon.url.replace("http", "ws")}/sessions/${session}/ws?after=0`;
  const protocols = ["jamey.v1", `jamey.bearer.${daemon.token}`];
  const readers = spawnClients(context, url, facts, protocols);
  await readers.line();
  const before = cpuMs(daemon.pid) ?? 0;
  await rename(daemon, session, facts);
  const { ms, messages } = report.parse(JSON.parse(await readers.line()));
  const cpu = (cpuMs(daemon.pid) ?? 0) - before;
  await readers.stop();
  return { rate: messages / ms * 1000, cpuPerMessage: cpu * 1000 / messages };
}

/** Renames over one socket, so many in flight. */
async function rename(daemon: DaemonProcess, session: string, times: number): Promise<void> {
  const socket = daemon.socket(session, "&deltas=false");
  await new Promise((resolve) => socket.onopen = resolve);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  let accepted = 0;
  const send = () => {
    const command = { type: "session.rename", name: nameOf(sent) };
    socket.send(JSON.stringify({ type: "command", id: String(sent++), command }));
  };
  socket.onmessage = ({ data }) => {
    if (String(data).startsWith('{"type":"refused"')) reject(new Error(String(data)));
    if (!String(data).startsWith('{"type":"accepted"')) return;
    if (++accepted === times) resolve();
    else if (sent < times) send();
  };
  while (sent < Math.min(commandsInFlight, times)) send();
  await promise;
  socket.close();
}

async function viaBare(context: BenchContext, facts: number): Promise<Measured> {
  const path = `${context.scratch.folder("fan-out")}/frames`;
  Deno.writeTextFileSync(path, Array.from({ length: facts }, (_, n) => `${frame(n)}\n`).join(""));
  const script = "bench/processes/bare_sockets.ts";
  const server = context.scratch.spawn(Deno.execPath(), ["run", "-A", script, path, String(clients)]);
  const readers = spawnClients(context, `ws://127.0.0.1:${await server.line()}`, facts, []);
  await readers.line();
  const before = cpuMs(server.pid) ?? 0;
  const { ms, messages } = report.parse(JSON.parse(await readers.line()));
  const cpu = (cpuMs(server.pid) ?? 0) - before;
  await Promise.all([server.stop(), readers.stop()]);
  return { rate: messages / ms * 1000, cpuPerMessage: cpu * 1000 / messages };
}

function spawnClients(context: BenchContext, url: string, facts: number, protocols: string[]) {
  const script = "bench/processes/socket_clients.ts";
  const args = ["run", "-A", script, url, String(clients), String(facts), ...protocols];
  return context.scratch.spawn(Deno.execPath(), args);
}

/** The same bytes as the daemon sends for its renames. */
function frame(n: number): string {
  const event = { actor: "main", type: "session.renamed", data: { name: nameOf(n) } };
  return JSON.stringify({
    type: "event",
    event: { ...event, seq: n + 3, at: new Date().toISOString(), v: 1 },
  });
}

function nameOf(n: number): string {
  return `the session has been named anew for the ${n}th time, and every client hears of it`;
}
