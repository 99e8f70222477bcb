// Every benchmark, in the order in which they run.
import type { Bench } from "./bench.ts";
import { append } from "./rows/append.ts";
import { create } from "./rows/create.ts";

export const benches: readonly Bench[] = [append, create];
