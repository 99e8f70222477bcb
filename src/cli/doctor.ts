// `jamey doctor`: what is wrong with this installation and how to mend it. It changes nothing, and asks nobody outside
// this machine.
import type { Command } from "./command.ts";

export const doctorCommand: Command = {
  usage: "doctor",
  summary:
    "Say what is wrong with this installation and how to mend it; exit code 1 when something is broken",
  options: [],
  examples: ["jamey doctor", "jamey doctor --json | jq '.findings[] | select(.status != \"ok\")'"],
  // Its checks are loaded by those who ask for them: all other commands start without them.
  run: async (context, input) => (await import("./doctor_report.ts")).runDoctor(context, input),
};
