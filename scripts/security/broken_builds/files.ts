// Broken builds of what guards files, the sandbox and the web (F, S): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfFiles: readonly Mutant[] = [
  {
    family: "F1",
    file: "tools/paths.ts",
    from: 'rest.startsWith(".." + sep)',
    to: 'rest.startsWith(".." + sep + "..")',
    why: "a folder beside the workspace counts as part of it",
  },
  {
    family: "F2",
    file: "tools/open_file.ts",
    from: "assertInside(real, roots, path.given);",
    to: "",
    why: "where an open file really lies is not looked at again",
  },
  {
    family: "F3",
    file: "tools/secret_file.ts",
    from: "file.nlink > 1 ?",
    to: "file.nlink > 9 ?",
    why: "another name of a secret file is no secret",
  },
  {
    family: "F4",
    file: "tools/open_file.ts",
    from: "if (!facts.isFile()) {",
    to: "if (facts.isSymbolicLink()) {",
    why: "pipes and devices are read like files",
  },
  {
    family: "F5",
    file: "tools/secret_file.ts",
    from:
      "const why = secretReason(real, context) ?? secretReason(resolve(context.workspace, given), context);",
    to: "const why = secretReason(resolve(context.workspace, given), context);",
    why: "a secret is told by the path that was given and not by the file it leads to",
  },
  {
    family: "S1",
    file: "tools/sandbox/seccomp_filter.ts",
    from: "const socketFamilies = [2, 10, 16];",
    to: "const socketFamilies = [1, 2, 10, 16];",
    why: "commands may talk to daemons outside by Unix sockets",
  },
  {
    family: "S2",
    file: "tools/sandbox/bubblewrap.ts",
    from: "if (part !== least) return part < least;",
    to: "if (part !== least) return false;",
    why: "a bubblewrap that is too old is relied on",
  },
  {
    family: "S3",
    file: "tools/web/network_rules.ts",
    from: "if (rules.allowHost?.(target.host) === false) {",
    to: 'if (rules.allowHost?.(target.host) === false && target.host === "") {',
    why: "with one host allowed, commands reach every host",
  },
  {
    family: "S4",
    file: "tools/sandbox/protected_paths.ts",
    from: '  ".vscode",\n',
    to: "",
    why: "an editor's tasks can be planted by a command",
  },
  {
    family: "S5",
    file: "tools/web/network_rules.ts",
    from: '(kind === "private" && rules.allowPrivate === true)',
    to: 'kind === "private"',
    why: "private addresses are reached without the user's setting",
  },
  {
    family: "S6",
    file: "tools/web/request.ts",
    from: "if (size > bytesMax) break;",
    to: "",
    why: "the body of an answer is read to its end",
  },
  {
    family: "S7",
    file: "src/permission/mode.ts",
    from: "if (isConfined(question)) return",
    to: 'if (question.subjects.some(({ kind }) => kind === "command")) return',
    why: "in auto a command that leaves the sandbox runs unasked",
  },
];
