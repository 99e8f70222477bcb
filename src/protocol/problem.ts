// Problems: the one error class for everything that is not a bug and not an outcome.
// The code says who acts; the table gives the HTTP status and the exit code that go with it.
import type { ErrorBody } from "./http.ts";

/** Every problem code, with its HTTP status and the exit code of the command line. */
export const problemCodes = {
  bad_request: { status: 400, exit: 42 },
  unauthorized: { status: 401, exit: 41 },
  forbidden: { status: 403, exit: 1 },
  not_found: { status: 404, exit: 1 },
  method_not_allowed: { status: 405, exit: 1 },
  conflict: { status: 409, exit: 1 },
  payload_too_large: { status: 413, exit: 42 },
  unsupported_media_type: { status: 415, exit: 42 },
  misdirected: { status: 421, exit: 1 },
  too_many_requests: { status: 429, exit: 75 },
  usage: { status: 400, exit: 2 },
  bad_config: { status: 400, exit: 52 },
  untrusted: { status: 403, exit: 4 },
  limit_reached: { status: 409, exit: 53 },
  daemon_not_running: { status: 503, exit: 3 },
  port_in_use: { status: 503, exit: 3 },
  data_dir_held: { status: 503, exit: 3 },
  shutting_down: { status: 503, exit: 75 },
  unavailable: { status: 503, exit: 75 },
  storage_failed: { status: 507, exit: 1 },
  log_damaged: { status: 503, exit: 1 },
  provider_auth: { status: 502, exit: 41 },
  provider_failed: { status: 502, exit: 75 },
  internal: { status: 500, exit: 1 },
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** Something that a caller, a user or an operator can act on. Message grammar: what we tried, colon, what is so. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly hint: string | undefined;

  constructor(code: ProblemCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  get status(): number {
    return problemCodes[this.code].status;
  }

  get exitCode(): number {
    return problemCodes[this.code].exit;
  }

  toBody(): ErrorBody {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.hint === undefined ? {} : { hint: this.hint }),
      },
    };
  }
}

/** The text of anything thrown, for the one place where an unknown is turned into a Problem. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
