// The environment of commands that tools start: an allow-list, so that keys and tokens of the daemon never reach them.
import { absoluteSearchPath } from "../src/platform/search_path.ts";

const allowed = new Set(
  `PATH HOME LANG LANGUAGE TERM COLORTERM NO_COLOR TMPDIR TZ USER LOGNAME SHELL
  XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR
  CARGO_HOME RUSTUP_HOME GOPATH GOROOT GOCACHE GOMODCACHE JAVA_HOME GRADLE_USER_HOME MAVEN_HOME ANDROID_HOME
  NVM_DIR FNM_DIR VOLTA_HOME PNPM_HOME BUN_INSTALL DENO_DIR DENO_INSTALL_ROOT COREPACK_HOME
  PYENV_ROOT VIRTUAL_ENV CONDA_PREFIX POETRY_HOME GEM_HOME RBENV_ROOT SDKMAN_DIR ASDF_DIR MISE_DATA_DIR DOTNET_ROOT
  SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
  SYSTEMROOT WINDIR COMSPEC PATHEXT TEMP TMP USERPROFILE APPDATA LOCALAPPDATA PROGRAMFILES PROGRAMDATA HOMEDRIVE
  HOMEPATH`.split(/\s+/),
);
const proxies = new Set(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]);

export interface EnvironmentRules {
  /** Names that pass besides. */
  pass: readonly string[];
  /** Names that never pass: they hold keys. */
  withheld: readonly string[];
  /** Keys and tokens: no variable that holds one passes, whatever it is called. */
  secrets: readonly string[];
}

const defaultRules: EnvironmentRules = { pass: [], withheld: [], secrets: [] };
/** Of the whole program, as the environment itself is; set once, when it starts. */
let rules = defaultRules;
/** Shorter ones would be found in ordinary words. */
const secretCharsMin = 8;

/** From now on, for every program that is started. Gives back the rules that were in force. */
export function useEnvironmentRules(next: EnvironmentRules): EnvironmentRules {
  const before = rules;
  rules = { ...next, secrets: next.secrets.filter((secret) => secret.length >= secretCharsMin) };
  return before;
}

/** The part of `source` that commands may see. Proxy addresses pass only without a user name and password in them. */
export function cleanEnvironment(source: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(source).filter(([name, value]) => isAllowed(name, value));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name.toUpperCase() === "PATH" ? absoluteSearchPath(value) : value]),
  );
}

/** Fails at once and says why: an editor that accepts whatever is there would commit what nobody has written. */
const noEditor =
  `sh -c 'echo "Cannot open an editor: nobody can type here, give the text as an option (-m, -F, --no-edit) or set GIT_EDITOR=true to keep the text as it is" >&2; exit 1'`;

/** Makes programs that a command starts do without a person: no pager, no prompt, no editor, no drawing on a screen. */
const nonInteractive: Readonly<Record<string, string>> = {
  PAGER: "cat",
  GIT_PAGER: "cat",
  MANPAGER: "cat",
  EDITOR: "false",
  VISUAL: "false",
  GIT_EDITOR: noEditor,
  GIT_SEQUENCE_EDITOR: noEditor,
  GIT_TERMINAL_PROMPT: "0",
  DEBIAN_FRONTEND: "noninteractive",
  TERM: "dumb",
};

/** What shell commands get: the clean environment, and variables that keep programs from waiting for a person. */
export function commandEnvironment(source: Readonly<Record<string, string>>): Record<string, string> {
  return { ...cleanEnvironment(source), ...nonInteractive };
}

function isAllowed(given: string, value: string): boolean {
  if (rules.withheld.includes(given) || rules.secrets.some((secret) => value.includes(secret))) return false;
  if (rules.pass.includes(given)) return true;
  const name = given.toUpperCase();
  if (proxies.has(name)) return !value.includes("@");
  return allowed.has(name) || name.startsWith("LC_");
}
