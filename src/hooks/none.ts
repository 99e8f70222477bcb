// No hooks: for a daemon that is told of none.
import type { Hooks } from "./contract.ts";

export const noHooks: Hooks = { listens: () => false, run: () => Promise.resolve([]) };
