// Determinism at run time: while a machine steps, the clock, randomness, timers, the network and the environment throw.
// Swapping a few globals costs well under a microsecond and catches what a review would miss.

/** What a machine reached for. A bug in the machine, never a user's mistake. */
function forbidden(name: string): () => never {
  // A plain function, because `new Date()` wants one that can be constructed.
  return function trap() {
    throw new Error(
      `A machine used ${name}: machines see only the fact and their context; put it in the fact`,
    );
  };
}

interface Slot {
  owner: Record<string, unknown>;
  key: string;
  trap: unknown;
}

const dateTrap = Object.assign(forbidden("Date"), {
  now: forbidden("Date.now"),
  parse: forbidden("Date.parse"),
  UTC: forbidden("Date.UTC"),
});

// The one cast of this file: globals are written by name.
const globals = globalThis as unknown as Record<string, unknown> & {
  Math: Record<string, unknown>;
  crypto: Record<string, unknown>;
  performance: Record<string, unknown>;
  Deno: { env: Record<string, unknown> };
};

function slots(): Slot[] {
  const named: [Record<string, unknown>, string, string][] = [
    [globals.Math, "random", "Math.random"],
    [globals.crypto, "randomUUID", "crypto.randomUUID"],
    [globals.crypto, "getRandomValues", "crypto.getRandomValues"],
    [globals.performance, "now", "performance.now"],
    [globals.Deno.env, "get", "Deno.env.get"],
    [globals.Deno.env, "toObject", "Deno.env.toObject"],
    [globals, "setTimeout", "setTimeout"],
    [globals, "setInterval", "setInterval"],
    [globals, "queueMicrotask", "queueMicrotask"],
    [globals, "fetch", "fetch"],
  ];
  return [
    { owner: globals, key: "Date", trap: dateTrap },
    ...named.map(([owner, key, name]) => ({ owner, key, trap: forbidden(name) })),
  ];
}

let traps: Slot[] | undefined;

let inside = false;

/** Runs synchronous work with the ambient world out of reach. Nested calls cost nothing: a fold guards whole pages. */
export function withoutAmbientWorld<T>(work: () => T): T {
  if (inside) return work();
  traps ??= slots();
  const saved: unknown[] = [];
  for (const { owner, key, trap } of traps) {
    saved.push(owner[key]);
    owner[key] = trap;
  }
  inside = true;
  try {
    return work();
  } finally {
    inside = false;
    for (const [index, { owner, key }] of traps.entries()) owner[key] = saved[index];
  }
}
