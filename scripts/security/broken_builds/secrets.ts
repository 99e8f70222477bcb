// Broken builds of what guards trust and secrets (P, K): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfSecrets: readonly Mutant[] = [];
