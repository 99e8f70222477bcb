// Broken builds of what guards commands, rules and answers (C): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfCommands: readonly Mutant[] = [];
