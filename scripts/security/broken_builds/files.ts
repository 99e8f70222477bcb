// Broken builds of what guards files, the sandbox and the web (F, S): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfFiles: readonly Mutant[] = [];
