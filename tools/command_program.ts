// The program that a simple command comes down to, behind `env`, `sudo`, `nohup`, `npx` and others of the kind.
import { unknown } from "./command_lexer.ts";
import { readCommands, type SimpleCommand } from "./command_parser.ts";

export interface Program extends SimpleCommand {
  /** Without its folder. */
  name: string;
  args: string[];
}

const wrappersMax = 10;
const shellsMax = 3;
const programsMax = 1000;

interface Wrapper {
  /** Options that take the next word as their value. */
  valued?: readonly string[];
  /** With one of these the wrapper does something else, so nothing is known. */
  doubtful?: readonly string[];
  /** Words that must come first, as in `uv run`. */
  verbs?: readonly string[];
}

/** `timeout` and `xargs` are missing on purpose: what they run ends by itself, or gets words that nobody knows. */
const wrappers: Readonly<Record<string, Wrapper>> = {
  env: { valued: ["-u", "-C", "--unset", "--chdir"], doubtful: ["-S", "--split-string"] },
  nohup: {},
  command: { doubtful: ["-v", "-V"] },
  builtin: {},
  exec: { valued: ["-a"] },
  setsid: { doubtful: ["-f", "--fork"] },
  stdbuf: { valued: ["-i", "-o", "-e"] },
  nice: { valued: ["-n"] },
  ionice: { valued: ["-c", "-n"], doubtful: ["-p"] },
  sudo: {
    valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "-U", "-r", "-t"],
    doubtful: ["-b", "-i", "-s", "-l", "-v", "-k", "-K", "-e"],
  },
  doas: { valued: ["-u", "-C"], doubtful: ["-s", "-L"] },
  npx: { valued: ["-p", "--package"], doubtful: ["-c", "--call"] },
  bunx: {},
  pnpx: {},
  pnpm: { verbs: ["exec", "dlx"] },
  yarn: { verbs: ["exec", "dlx"] },
  npm: { verbs: ["exec"] },
  poetry: { verbs: ["run"] },
  pipenv: { verbs: ["run"] },
  uv: { verbs: ["run"], doubtful: ["--with", "-m", "--module"] },
  pdm: { verbs: ["run"] },
  bundle: { verbs: ["exec"] },
};

/** All programs that the command runs for certain, those of an inner `bash -c` too; none when in doubt. */
export function programsOf(source: string, depth = 0): Program[] {
  if (depth > shellsMax) return [];
  return (readCommands(source) ?? []).flatMap((command) => {
    const program = unwrap(command);
    if (program === null) return [];
    const script = innerScript(program);
    if (script === null) return [program];
    const { hasInput, isPipedOn, isBackground } = program;
    return programsOf(script, depth + 1).map((inner) => ({
      ...inner,
      assignments: [...program.assignments, ...inner.assignments],
      hasInput: inner.hasInput || hasInput,
      isPipedOn: inner.isPipedOn || isPipedOn,
      isBackground: inner.isBackground || isBackground,
    }));
  }).slice(0, programsMax);
}

function unwrap(command: SimpleCommand): Program | null {
  let words = command.words;
  const assignments = [...command.assignments];
  for (let layer = 0; layer < wrappersMax; layer++) {
    const [first = "", ...args] = words;
    const name = programName(first);
    if (name === null) return null;
    const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
    const verb = wrapper?.verbs === undefined || wrapper.verbs.includes(args[0] ?? "");
    if (wrapper === undefined || !verb) return { ...command, assignments, name, args };
    const inner = afterOptions(args.slice(wrapper.verbs ? 1 : 0), wrapper);
    if (inner === null) return null;
    const start = inner.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
    if (start < 0) return null;
    assignments.push(...inner.slice(0, start));
    words = inner.slice(start);
  }
  return null;
}

/** The words after the wrapper's own options; null when it is not clear what they mean. */
function afterOptions(args: readonly string[], wrapper: Wrapper): string[] | null {
  let at = 0;
  while (args[at]?.startsWith("-")) {
    const option = args[at] ?? "";
    if (option === "--") return args.slice(at + 1);
    if (wrapper.doubtful?.includes(option) || option.includes(unknown)) return null;
    at += wrapper.valued?.includes(option) ? 2 : 1;
  }
  return args.slice(at);
}

/** Only programs that are installed as such: a script of the project may bear any name. */
function programName(word: string): string | null {
  if (word === "" || word.includes(unknown)) return null;
  const installed = /^(?:(?:\/usr)?(?:\/local)?\/s?bin\/|(?:\.\/)?node_modules\/\.bin\/)?([^/]+)$/.exec(word);
  return installed?.[1] ?? null;
}

/** The script of `bash -c`, when it is written out. */
function innerScript({ name, args }: Program): string | null {
  if (!/^(?:ba|z|da)?sh$/.test(name)) return null;
  const option = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  const script = option < 0 ? undefined : args[option + 1];
  return script === undefined || script.includes(unknown) ? null : script;
}
