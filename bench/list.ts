// Every benchmark, in the order in which they run.
import type { Bench } from "./bench.ts";
import { append } from "./rows/append.ts";
import { create } from "./rows/create.ts";
import { decision } from "./rows/decision.ts";
import { delta } from "./rows/delta.ts";
import { fanOut } from "./rows/fan_out.ts";
import { mail } from "./rows/mail.ts";
import { membersBench } from "./rows/members.ts";
import { memory } from "./rows/memory.ts";
import { prompt } from "./rows/prompt.ts";
import { replay } from "./rows/replay.ts";
import { sandbox } from "./rows/sandbox.ts";
import { search } from "./rows/search.ts";
import { start } from "./rows/start.ts";
import { toolRound } from "./rows/tool_round.ts";
import { workflow } from "./rows/workflow.ts";

export const benches: readonly Bench[] = [
  append,
  create,
  replay,
  fanOut,
  delta,
  toolRound,
  prompt,
  search,
  decision,
  sandbox,
  start,
  memory,
  membersBench,
  workflow,
  mail,
];
