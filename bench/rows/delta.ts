// Live text: how much later than a direct client of the model a client of the daemon has each token, and how long a
// burst takes. Each token holds the time at which it left; model server and both clients share this process's clock.
import type { Bench, BenchContext, Figure, Row } from "../bench.ts";
import { type DaemonProcess, startDaemon } from "../daemon.ts";
import { askDirectly, type ModelStream, startModelStream } from "../model_stream.ts";
import { alternate, figureOf, ratioOf } from "../samples.ts";

const tokensPerSecond = 200;
const addedMsMax = 2;
const burstTokens = 3_000;
/** A burst comes in full packets, not token by token. */
const tokensPerWrite = 50;
const burstMsMax = 100;
const answerMs = 30_000;

/** Three ways for the same tokens: from the model, through a process that only passes on, and through the daemon. */
interface Ways {
  model: ModelStream;
  direct(tokens: number): Promise<number[]>;
  relay(tokens: number): Promise<number[]>;
  daemon(tokens: number): Promise<number[]>;
}

export const delta: Bench = {
  name: "delta",
  async run(context) {
    const model = startModelStream();
    const daemon = await startDaemon(context, { modelUrl: model.url });
    const relay = await attachRelay(context, model.url);
    const ways = {
      model,
      direct: (tokens: number) => direct(model, tokens),
      relay: relay.ask,
      daemon: (tokens: number) => viaDaemon(daemon, tokens),
    };
    const rows = [...await latency(context, ways), await burst(context, ways)];
    relay.close();
    await daemon.stop();
    await model.close();
    return rows;
  },
};

async function latency(context: BenchContext, ways: Ways): Promise<Row[]> {
  const tokens = context.quick ? 100 : 200;
  ways.model.answer = async (send) => {
    const begin = performance.now();
    for (let n = 0; n < tokens; n++) {
      const due = begin + n * 1000 / tokensPerSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      send({ content: stamp() });
    }
  };
  const series = await alternate(context.quick ? 3 : 8, {
    direct: () => ways.direct(tokens),
    relay: () => ways.relay(tokens),
    daemon: () => ways.daemon(tokens),
  });
  const measured = figureOf(series.daemon);
  const relay = { of: "bare relay", ...figureOf(series.relay) };
  const straight = { of: "direct client", ...figureOf(series.direct) };
  const added = (to: Figure) => ({ p50: measured.p50 - to.p50, p99: measured.p99 - to.p99, n: measured.n });
  const toDirect = added(straight);
  const row = { unit: "ms", measured };
  return [
    {
      ...row,
      name: "delta.token_latency",
      calibration: relay,
      ratio: ratioOf(series.daemon, series.relay),
      aim: null,
    },
    {
      ...row,
      name: "delta.token_added",
      measured: toDirect,
      calibration: straight,
      ratio: null,
      aim: { text: `p99 < ${addedMsMax} ms`, met: toDirect.p99 < addedMsMax },
    },
    {
      ...row,
      name: "delta.token_added_to_relay",
      measured: added(relay),
      calibration: relay,
      ratio: null,
      aim: null,
    },
  ];
}

async function burst(context: BenchContext, ways: Ways): Promise<Row> {
  ways.model.answer = (send) => {
    for (let n = 0; n < burstTokens; n += tokensPerWrite) {
      send(...Array.from({ length: tokensPerWrite }, () => ({ content: stamp() })));
    }
  };
  // The oldest stamp of an answer is its first token: its latency at the end is how long all took.
  const longest = async (samples: Promise<number[]>) => [Math.max(...await samples)];
  const series = await alternate(context.quick ? 3 : 8, {
    relay: () => longest(ways.relay(burstTokens)),
    daemon: () => longest(ways.daemon(burstTokens)),
  });
  const measured = figureOf(series.daemon);
  return {
    name: `delta.burst_of_${burstTokens}`,
    unit: "ms",
    measured,
    calibration: { of: "bare relay", ...figureOf(series.relay) },
    ratio: ratioOf(series.daemon, series.relay),
    aim: { text: `p50 <= ${burstMsMax} ms`, met: measured.p50 <= burstMsMax },
  };
}

async function direct(model: ModelStream, tokens: number): Promise<number[]> {
  const ages = createAges();
  await askDirectly(model.url, [{ role: "user", content: "go" }], ages.read);
  return ages.take(tokens);
}

interface Attached {
  /** Sends a message and gives the age of each token when it came. */
  ask(tokens: number): Promise<number[]>;
  close(): void;
}

/** A new session for every answer, so that none has to carry those before it. */
async function viaDaemon(daemon: DaemonProcess, tokens: number): Promise<number[]> {
  const session = await daemon.session();
  const socket = daemon.socket(session);
  await new Promise((resolve) => socket.onopen = resolve);
  const ages = createAges();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("The turn did not end")), answerMs);
  socket.onmessage = ({ data }) => {
    const text = String(data);
    if (text.startsWith('{"type":"delta"')) ages.read(text);
    else if (text.includes('"type":"model.replied"')) ages.rest(text);
    else if (text.includes('"type":"turn.ended"')) resolve();
  };
  await daemon.post(`/sessions/${session}/messages`, { message: "go" });
  await promise;
  clearTimeout(timer);
  socket.close();
  return ages.take(tokens);
}

async function attachRelay(context: BenchContext, modelUrl: string): Promise<Attached> {
  const child = context.scratch.spawn(Deno.execPath(), [
    "run",
    "-A",
    "bench/processes/bare_relay.ts",
    modelUrl,
  ]);
  const socket = new WebSocket(`ws://127.0.0.1:${await child.line()}`);
  await new Promise((resolve) => socket.onopen = resolve);
  return {
    async ask(tokens) {
      const ages = createAges();
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.onmessage = ({ data }) => data === "end" ? resolve() : ages.read(String(data));
      socket.send("go");
      await promise;
      return ages.take(tokens);
    },
    close: () => socket.close(),
  };
}

/** A token: the time in microseconds between marks that no other text has, short as tokens are. */
function stamp(): string {
  return `<${Math.round(performance.now() * 1000).toString(36)}> `;
}

const stamps = /<([0-9a-z]+)> /g;

function ageOf(stamped: string | undefined, now: number): number {
  return now - parseInt(stamped ?? "", 36) / 1000;
}

function createAges() {
  const ages: number[] = [];
  let carry = "";
  const read = (piece: string): void => {
    const now = performance.now();
    const text = carry + piece;
    for (const [, at] of text.matchAll(stamps)) ages.push(ageOf(at, now));
    // A token may be cut in two where a read ended.
    const last = text.lastIndexOf("<");
    carry = last >= 0 && !text.includes("> ", last) ? text.slice(last) : "";
  };
  return {
    read,
    /** What had not come as deltas comes with the fact that holds the whole text. */
    rest: (text: string): void => {
      const now = performance.now();
      const all = [...text.matchAll(stamps)];
      for (const [, at] of all.slice(ages.length)) ages.push(ageOf(at, now));
    },
    take: (tokens: number): number[] => {
      if (ages.length !== tokens) throw new Error(`${ages.length} of ${tokens} tokens arrived`);
      return ages;
    },
  };
}
