// What every log checks before it takes records: fencing, order, size. The same for files and for memory.
import { Problem } from "../protocol/problem.ts";
import { recordText } from "./body.ts";
import { lineBytesMax } from "./line.ts";
import type { LogRecord } from "./port.ts";

/** Room for sequence numbers and head beside the record's own text. */
const lineOverhead = 128;
export const recordBytesMax = lineBytesMax - lineOverhead;

/** Throws `conflict` for a writer that is not the newest or not at the head; plainly for records that do not follow. */
export function checkAppend(
  log: { sessionId: string; head: number; epoch: number },
  epoch: number,
  expectedSeq: number,
  records: readonly LogRecord[],
): void {
  if (epoch < log.epoch) {
    throw new Problem(
      "conflict",
      `Cannot append to session "${log.sessionId}" in epoch ${epoch}: epoch ${log.epoch} owns it now`,
      { hint: "Another daemon has taken this session over; open it anew" },
    );
  }
  if (expectedSeq !== log.head) {
    throw new Problem(
      "conflict",
      `Cannot append to session "${log.sessionId}" after record ${expectedSeq}: its head is ${log.head}`,
      { hint: "Read the records that came in between, then try again" },
    );
  }
  for (const [i, record] of records.entries()) {
    if (record.seq !== expectedSeq + 1 + i || record.epoch !== epoch) {
      throw new Error(
        `record ${record.seq} of epoch ${record.epoch} does not follow ${expectedSeq + i} in epoch ${epoch}`,
      );
    }
  }
}

/** Encodes records once; throws `payload_too_large` for one that does not fit a line. */
export function recordTexts(sessionId: string, records: readonly LogRecord[]): string[] {
  return records.map((record) => {
    const text = recordText(record);
    if (text.length * 3 <= recordBytesMax || new TextEncoder().encode(text).length <= recordBytesMax) {
      return text;
    }
    throw new Problem(
      "payload_too_large",
      `Cannot append record ${record.seq} to session "${sessionId}": it has more than ${recordBytesMax} bytes`,
      { hint: "Store big values as blobs" },
    );
  });
}
