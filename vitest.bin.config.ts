// Tests of the compiled program: `npm run compile` first. JAMEY_BIN names another program than dist/jamey.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/bin/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
