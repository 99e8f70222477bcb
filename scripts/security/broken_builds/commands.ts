// Broken builds of what guards commands, rules and answers (C): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfCommands: readonly Mutant[] = [
  {
    family: "C1",
    file: "src/permission/match_command.ts",
    from: "return doubt === null && commands.length > 0 &&",
    to: "return commands.length > 0 &&",
    why: "a command that is not wholly understood is allowed by what is understood of it",
  },
  {
    family: "C2",
    file: "src/permission/shell/analyse.ts",
    from: "export const commandsMax = 50;",
    to: "export const commandsMax = 50_000;",
    why: "any number of commands in one line is allowed",
  },
  {
    family: "C3",
    file: "src/permission/decide.ts",
    from: 'if (denied !== undefined) return { decision: "deny", because: denied };',
    to:
      'if (denied !== undefined && first("allow") === undefined) return { decision: "deny", because: denied };',
    why: "an allowance beats a refusal",
  },
  {
    family: "C4",
    file: "src/permission/rules.ts",
    from: 'if (denying !== undefined) return { decision: "deny",',
    to: 'if (denying !== undefined) return { decision: "ask",',
    why: "a refusal by a rule is only a question, which a mode or a rule answers",
  },
  {
    family: "C5",
    file: "src/permission/plan.ts",
    from: 'decision: "deny",',
    to: 'decision: "ask",',
    why: "plan mode asks instead of refusing, and whatever allows the call is the answer",
  },
  {
    family: "C6",
    file: "src/cli/pending_answer.ts",
    from: '{ decision: "reject_once", reason }',
    to: '{ decision: "allow_once" }',
    why: "a run with nobody there says yes",
  },
  {
    family: "C7",
    file: "src/permission/shell/catastrophe.ts",
    from:
      "const given = found.fromInput ? around.all.flatMap(({ shapes }) => listedBy(shapes.slice(1))) : [];",
    to: "const given: string[] = [];",
    why: "what is to be removed is read from a list, and not looked at",
  },
  {
    family: "C8",
    file: "tools/file_change.ts",
    from: "content: await context.session.keep(now.bytes),",
    to: "content: await context.session.keep(new TextEncoder().encode(new TextDecoder().decode(now.bytes))),",
    why: "what is kept for an undo has gone through text, and lost its odd bytes",
  },
  {
    family: "C9",
    file: "tools/sandbox/bubblewrap_words.ts",
    from: '"--unshare-user", "--unshare-pid", "--unshare-ipc"',
    to: '"--unshare-user", "--unshare-ipc"',
    why: "commands see and signal the daemon's processes",
  },
  {
    family: "C10",
    file: "src/server/auth.ts",
    from: "if (presented !== null && timingSafeEqual(digest(presented), expected)) return null;",
    to: "if (presented !== null) return null;",
    why: "any token is good enough to answer for the user",
  },
  {
    family: "C11",
    file: "tools/visible.ts",
    from: "const blankRun = /[ \\t]{41,}/g;",
    to: "const blankRun = /[ \\t]{41000,}/g;",
    why: "a run of blanks pushes the end of a command out of sight",
  },
  {
    family: "C12",
    file: "actors/call_digest.ts",
    from: 'const what = confinement === "sandboxed" ? [name, args, confinement] : [name, args];',
    to: "const what = [name, args];",
    why: "what was approved in the sandbox is approved outside of it too",
  },
];
