// Programs that do not end by themselves: servers, watchers, followers. Null: not for certain.
import { unknown } from "./command_lexer.ts";
import type { Program } from "./command_program.ts";

type Rule = (program: Program) => string | null;

/** Why the program would go on for ever, or beyond the time limit; null when it would not, or when that is not sure. */
export function endlessReason(program: Program, timeoutMs: number): string | null {
  const { name, args } = program;
  // Words that only the shell knows may be the very options that make it end.
  if (
    args.some((arg) => arg.includes(unknown) || /^(?:--?help|-h|--version|-v|-V|--once|--dry-run)$/.test(arg))
  ) return null;
  if (name === "sleep") return longSleep(args, timeoutMs);
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  return rule?.(program) ?? null;
}

const unitSeconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

function longSleep(args: readonly string[], timeoutMs: number): string | null {
  const seconds = args.map((arg) => {
    if (/^inf(?:inity)?$/.test(arg)) return Infinity;
    const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(arg) ?? [];
    return number === "" ? 0 : Number(number) * (unitSeconds[unit] ?? 0);
  });
  const total = seconds.reduce((sum, each) => sum + each, 0);
  if (total * 1000 < timeoutMs) return null;
  return `it sleeps longer than the time limit of ${timeoutMs} ms, sleep less, raise timeout_ms or set run_in_background`;
}

const follows = "it follows without end, leave the option out or set run_in_background";
const serves = "it does not end by itself, set run_in_background, or timeout_ms if it does end";

/** Refused when the words fit; `unless` options make the program end or go to the background by itself. */
const when = (isEndless: (args: string[]) => boolean, reason: string, unless?: RegExp): Rule => ({ args }) =>
  isEndless(args) && !args.some((arg) => unless?.test(arg)) ? reason : null;
const always = () => true;
const has = (pattern: RegExp) => (args: string[]) => ownArgs(args).some((arg) => pattern.test(arg));
const verb = (pattern: RegExp) => (args: string[]) => pattern.test(words(args).join(" "));

/** Those before `--`: what follows is for another program, or no option whatever it looks like. */
function ownArgs(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

/** Options of package managers that take the next word as their value. */
const valued =
  /^(?:-C|--prefix|--cwd|--dir|-F|--filter|-w|--workspace|-f|--file|-p|--project-name|--app|-n|--namespace|-c|--container|--config)$/;

/** The words that are neither options nor their values nor numbers and addresses. */
function words(args: readonly string[]): string[] {
  const own = ownArgs(args);
  return own.filter((arg, at) => !/^-|^\d[\d.]*$/.test(arg) && !valued.test(own[at - 1] ?? ""));
}

const scripts = "(?:dev|start|serve|watch|develop|preview|start:dev)";
const runScript = when(verb(new RegExp(`^(?:run(?:-script)? ${scripts}|start)$`)), serves);
const bareScript = when(verb(new RegExp(`^(?:run )?${scripts}$`)), serves);
const detached =
  /^(?:-d|--detach|--wait|--abort-on-container-exit|--abort-on-container-failure|--exit-code-from.*|--no-start)$/;
const composeUp = when(
  verb(/^(?:compose )?up(?: |$)/),
  "it stays with the containers, add -d or set run_in_background",
  detached,
);
const composeLogs = when(
  (args) => verb(/^(?:compose )?logs(?: |$)/)(args) && has(/^(?:-f|--follow)$/)(args),
  follows,
);

const docker: Rule = (program) => {
  const [first, second] = words(program.args);
  if (first === "logs" || second === "logs") return composeLogs(program);
  return first === "compose" ? composeUp(program) : null;
};

const python: Rule = ({ args }) => {
  const at = args.findIndex((arg) => !/^-[uBEsOI]+$/.test(arg));
  const [first = "", second = ""] = args.slice(Math.max(0, at));
  const isServer = first === "-m" &&
    /^(?:http\.server|SimpleHTTPServer|uvicorn|gunicorn|streamlit)$/.test(second);
  return isServer || (first === "manage.py" && second === "runserver") ? serves : null;
};

const rules: Readonly<Record<string, Rule>> = {
  tail: when(has(/^(?:-\d*[fF]|-[fF].*|-[n0-9qv]+[fF]|--follow.*)$/), follows, /^--pid/),
  journalctl: when(has(/^(?:-[aexqkr]*f[aexqkru]*|--follow)$/), follows),
  dmesg: when(has(/^(?:-[A-Z]*[wW]|--follow.*)$/), follows),
  kubectl: when((args) => {
    const [first] = words(args);
    return first === "port-forward" || first === "proxy" ||
      (first === "logs" && has(/^(?:-f|--follow)$/)(args)) || has(/^(?:-w|--watch)$/)(args);
  }, follows),
  docker,
  podman: docker,
  "docker-compose": (program) => composeUp(program) ?? composeLogs(program),
  npm: runScript,
  pnpm: bareScript,
  yarn: bareScript,
  bun: bareScript,
  deno: when(verb(/^(?:task (?:dev|start|serve)|serve .*)$/), serves),
  vite: when(verb(/^(?:|dev|serve|preview)$/), serves),
  next: when(verb(/^(?:dev|start)(?: |$)/), serves),
  nuxt: when(verb(/^(?:dev|preview)(?: |$)/), serves),
  astro: when(verb(/^(?:dev|preview)(?: |$)/), serves),
  gatsby: when(verb(/^(?:develop|serve)(?: |$)/), serves),
  ng: when(verb(/^serve(?: |$)/), serves),
  "react-scripts": when(verb(/^start(?: |$)/), serves),
  "vue-cli-service": when(verb(/^serve(?: |$)/), serves),
  webpack: when((args) => verb(/^serve(?: |$)/)(args) || has(/^(?:-w|--watch)$/)(args), serves),
  "webpack-dev-server": when(always, serves),
  tsc: when(has(/^(?:-w|--watch)$/), serves),
  nodemon: when(has(/^[^-]/), serves),
  "http-server": when(always, serves),
  "live-server": when(always, serves),
  python,
  python3: python,
  flask: when(verb(/^run$/), serves),
  uvicorn: when(has(/^[^-].*:/), serves),
  gunicorn: when(has(/^[^-].*:/), serves, /^(?:-D|--daemon|--check-config|--print-config)$/),
  streamlit: when(verb(/^run /), serves),
  rails: when(verb(/^(?:s|server)$/), serves, /^(?:-d|--daemon)$/),
  jekyll: when(verb(/^(?:s|serve)$/), serves, /^(?:-B|--detach)$/),
  hugo: when(verb(/^(?:server|serve)$/), serves),
  mkdocs: when(verb(/^serve$/), serves),
  php: when((args) => args[0] === "-S", serves),
  jupyter: when(verb(/^(?:notebook|lab)$/), serves, /^(?:list|stop)$/),
  "redis-server": when(always, serves, /^--daemonize|\.conf$/),
  ollama: when(verb(/^serve$/), serves),
  caddy: when(verb(/^run$/), serves),
};
