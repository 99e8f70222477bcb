// Records for log tests.
import type { LogRecord } from "../../src/log/port.ts";

/** Records `from`..`from + count - 1` of one epoch, with every optional field on some of them. */
export function records(from: number, count: number, epoch = 1, text = "hello"): LogRecord[] {
  return Array.from({ length: count }, (_, i) => record(from + i, epoch, text));
}

export function record(seq: number, epoch = 1, text = "hello"): LogRecord {
  const base: LogRecord = {
    seq,
    at: new Date(Date.UTC(2026, 0, 1) + seq).toISOString(),
    epoch,
    actor: "main",
    type: "message.received",
    v: 1,
    data: { message_id: `m${seq}`, text: `${text} ${seq} "quoted" \u2028 üñî 🙂 {"_":"`, delivery: "steer" },
    post: seq.toString(16).padStart(8, "0"),
  };
  if (seq % 3 === 0) base.effects = [{ id: `${seq}.0`, kind: "model", actor: "main", params: { n: seq } }];
  if (seq % 4 === 0) base.id = `c${seq}`;
  return base;
}
