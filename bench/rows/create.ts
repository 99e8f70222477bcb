// Creating a session, durable when it is answered: through the host port, and over HTTP to a daemon.
import type { Bench } from "../bench.ts";
import { bareCreate } from "../calibrate.ts";
import { startDaemon } from "../daemon.ts";
import { newSession, openRuntime } from "../runtime.ts";
import { alternate, figureOf, ratioOf, timeEach } from "../samples.ts";

const createMsMax = 1;

export const create: Bench = {
  name: "create",
  async run(context) {
    const folder = context.scratch.folder("create");
    const runtime = await openRuntime(`${folder}/data`);
    const daemon = await startDaemon(context);
    const times = context.quick ? 20 : 40;
    let made = 0;
    const series = await alternate(context.quick ? 4 : 8, {
      bare: () => timeEach(times, () => bareCreate(folder, `bare-${made++}`)),
      host: () => timeEach(times, () => runtime.create(newSession(folder))),
      http: () => timeEach(times, () => daemon.post("/sessions", {})),
      ping: () => timeEach(times, () => daemon.get("/health")),
    });
    await runtime.close();
    await daemon.stop();
    const calibration = { of: "bare files", ...figureOf(series.bare) };
    const row = (name: string, of: "host" | "http") => {
      const measured = figureOf(series[of]);
      const aim = { text: `p50 < ${createMsMax} ms`, met: measured.p50 < createMsMax };
      return { name, unit: "ms", measured, calibration, ratio: ratioOf(series[of], series.bare), aim };
    };
    return [row("create.host", "host"), row("create.http", "http"), {
      name: "create.http_round_trip",
      unit: "ms",
      measured: figureOf(series.ping),
      calibration: null,
      ratio: null,
      aim: null,
    }];
  },
};
