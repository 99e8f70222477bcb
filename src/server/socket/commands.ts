// What a client says over its WebSocket: commands, each answered by `accepted` or `refused`. Frames that are no commands
// get an `error`; too many of them end the connection.
import { z } from "zod";
import { clientFrame } from "../../protocol/frames.ts";
import { Problem } from "../../protocol/problem.ts";
import { describeIssues, toProblem } from "../errors.ts";
import { parseJson } from "../json_text.ts";
import type { Services } from "../route.ts";
import { user } from "../routes/user.ts";
import { closeCodes, type Wire } from "./wire.ts";

export interface CommandReader {
  /** Takes the data of one message. */
  read(data: unknown): void;
}

/** At least the id can be read, so that a refusal can name it. */
const namedFrame = z.looseObject({ type: z.literal("command"), id: z.string().min(1).max(128) });

/** Makes the reader of one connection. */
export function createCommandReader(
  options: { wire: Wire; session: string; client: string | undefined; services: Services },
): CommandReader {
  const { wire, session, client, services } = options;
  const { host, limits, report } = services;
  let errors = 0;
  let inFlight = 0;

  function wrongFrame(message: string): void {
    errors++;
    wire.send({ type: "error", code: "bad_request", message: `Cannot use the frame: ${message}` });
    if (errors > limits.frameErrorsMax) wire.close(closeCodes.refused, "too many wrong frames");
  }
  function refuse(id: string, problem: Problem): void {
    wire.send({ type: "refused", id, code: problem.code, message: problem.message });
  }
  async function run(frame: z.infer<typeof clientFrame>): Promise<void> {
    inFlight++;
    try {
      const { seq, message_id, call_id } = await host.command(session, frame.command, user, client);
      wire.send({
        type: "accepted",
        id: frame.id,
        seq,
        ...(message_id === undefined ? {} : { message_id }),
        ...(call_id === undefined ? {} : { call_id }),
      });
    } catch (thrown) {
      refuse(frame.id, toProblem(thrown, report));
    } finally {
      inFlight--;
    }
  }

  return {
    read(data) {
      if (!wire.isOpen()) return;
      // Answers to a client that never reads would pile up like anything else.
      if (wire.waiting() > limits.pushBufferBytesMax) {
        return wire.close(closeCodes.tooSlow, "answers are not being read");
      }
      if (typeof data !== "string") return wrongFrame("it is binary, expected text");
      if (new TextEncoder().encode(data).length > limits.clientFrameBytesMax) {
        return wire.close(closeCodes.tooLarge, `larger than ${limits.clientFrameBytesMax} bytes`);
      }
      const json = parseJson(data, limits.jsonDepthMax);
      if (!json.ok) return wrongFrame(json.error);
      const frame = clientFrame.safeParse(json.value);
      if (frame.success && inFlight < limits.commandsInFlightMax) {
        void run(frame.data);
        return;
      }
      if (frame.success) {
        return refuse(
          frame.data.id,
          new Problem("too_many_requests", `Cannot take the command: ${inFlight} are waiting already`),
        );
      }
      const named = namedFrame.safeParse(json.value);
      if (!named.success) return wrongFrame(describeIssues(frame.error));
      refuse(
        named.data.id,
        new Problem("bad_request", `Cannot take the command: ${describeIssues(frame.error)}`),
      );
    },
  };
}
