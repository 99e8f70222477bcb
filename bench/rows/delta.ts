// Live text: how much later than a direct client of the model a client of the daemon has each token, and how long a
// burst takes. Each token holds the time at which it left; model server and both clients share this process's clock.
import type { Bench, BenchContext, Row } from "../bench.ts";
import { type DaemonProcess, startDaemon } from "../daemon.ts";
import { askDirectly, type ModelStream, startModelStream } from "../model_stream.ts";
import { alternate, figureOf, ratioOf, type Series } from "../samples.ts";

const tokensPerSecond = 200;
const addedMsMax = 2;
const burstTokens = 3_000;
const burstMsMax = 100;
const answerMs = 30_000;

export const delta: Bench = {
  name: "delta",
  async run(context) {
    const model = startModelStream();
    const daemon = await startDaemon(context, { modelUrl: model.url });
    const rows = [...await latency(context, model, daemon), await burst(context, model, daemon)];
    await daemon.stop();
    await model.close();
    return rows;
  },
};

async function latency(context: BenchContext, model: ModelStream, daemon: DaemonProcess): Promise<Row[]> {
  const tokens = context.quick ? 100 : 200;
  model.answer = async (send) => {
    const begin = performance.now();
    for (let n = 0; n < tokens; n++) {
      const due = begin + n * 1000 / tokensPerSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      send({ content: stamp() });
    }
  };
  const client = await attach(daemon);
  const series = await alternate(context.quick ? 3 : 8, {
    direct: () => direct(model, tokens),
    daemon: () => client.ask(tokens),
  });
  client.close();
  const measured = figureOf(series.daemon);
  const calibration = { of: "direct client", ...figureOf(series.direct) };
  const added = { p50: measured.p50 - calibration.p50, p99: measured.p99 - calibration.p99, n: measured.n };
  return [
    {
      name: "delta.token_latency",
      unit: "ms",
      measured,
      calibration,
      ratio: ratioOf(series.daemon, series.direct),
      aim: null,
    },
    {
      name: "delta.token_added",
      unit: "ms",
      measured: added,
      calibration: null,
      ratio: null,
      aim: { text: `p99 < ${addedMsMax} ms`, met: added.p99 < addedMsMax },
    },
  ];
}

async function burst(context: BenchContext, model: ModelStream, daemon: DaemonProcess): Promise<Row> {
  model.answer = (send) => {
    for (let n = 0; n < burstTokens; n++) send({ content: stamp() });
  };
  const client = await attach(daemon);
  // The oldest stamp of an answer is its first token: its latency at the end is how long all took.
  const longest = async (samples: Promise<number[]>) => [Math.max(...await samples)];
  const series: Record<"direct" | "daemon", Series> = await alternate(context.quick ? 3 : 8, {
    direct: () => longest(direct(model, burstTokens)),
    daemon: () => longest(client.ask(burstTokens)),
  });
  client.close();
  const measured = figureOf(series.daemon);
  return {
    name: `delta.burst_of_${burstTokens}`,
    unit: "ms",
    measured,
    calibration: { of: "direct client", ...figureOf(series.direct) },
    ratio: ratioOf(series.daemon, series.direct),
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

async function attach(daemon: DaemonProcess): Promise<Attached> {
  const session = await daemon.session();
  const socket = daemon.socket(session);
  await new Promise((resolve) => socket.onopen = resolve);
  return {
    async ask(tokens) {
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
      return ages.take(tokens);
    },
    close: () => socket.close(),
  };
}

/** A token: the time in milliseconds between marks that no other text has. */
function stamp(): string {
  return `<${performance.now().toFixed(3)}> `;
}

function createAges() {
  const ages: number[] = [];
  let carry = "";
  const read = (piece: string): void => {
    const now = performance.now();
    const text = carry + piece;
    for (const [, at] of text.matchAll(/<(\d+\.\d+)> /g)) ages.push(now - Number(at));
    // A token may be cut in two where a read ended.
    const last = text.lastIndexOf("<");
    carry = last >= 0 && !text.includes("> ", last) ? text.slice(last) : "";
  };
  return {
    read,
    /** What had not come as deltas comes with the fact that holds the whole text. */
    rest: (text: string): void => {
      const now = performance.now();
      const all = [...text.matchAll(/<(\d+\.\d+)> /g)];
      for (const [, at] of all.slice(ages.length)) ages.push(now - Number(at));
    },
    take: (tokens: number): number[] => {
      if (ages.length !== tokens) throw new Error(`${ages.length} of ${tokens} tokens arrived`);
      return ages;
    },
  };
}
