// What `jamey config` does: says where the configuration is and what it holds, changes and checks it. No secret is ever
// shown.
import { stringify } from "smol-toml";
import { changeConfig, changesMax, pathOf } from "../config/change.ts";
import { literal } from "../config/edit.ts";
import { configPath, loadConfig } from "../config/file.ts";
import { writeKeychain } from "../config/keychain.ts";
import { type Fault, faultLine } from "../config/parse.ts";
import { referenceIn } from "../config/reference.ts";
import { printable } from "../config/show.ts";
import { pathText } from "../config/toml_places.ts";
import { Problem, problemCodes } from "../protocol/problem.ts";
import type { Context, Input } from "./command.ts";
import { lookAtConfig } from "./config_look.ts";
import { neutral, neutralLine } from "./neutral.ts";

const actions = {
  path: showPath,
  get: showValues,
  set: setValues,
  check: checkFile,
  key: storeKey,
} as const;

/** Does what the first word says. */
export async function runConfig(context: Context, input: Input): Promise<number> {
  const [action = "", ...words] = input.args;
  const known = Object.entries(actions).find(([name]) => name === action);
  if (known === undefined) {
    throw usage(
      action === "" ? "config" : `config ${action}`,
      "the action is one of path, get, set, check, key",
    );
  }
  return await known[1](context, { ...placeOf(input), words });
}

interface Place {
  path: string;
  /** `--config` was given. */
  named: boolean;
  words: string[];
}

/** The configuration file that these words mean; a Problem without a home folder. */
export function placeOf(input: Input): { path: string; named: boolean } {
  const given = input.text("config");
  const path = configPath({ path: given, env: Deno.env.toObject(), os: Deno.build.os });
  if (path !== undefined) return { path, named: given !== undefined };
  throw new Problem(
    "bad_config",
    "Cannot find the config folder: there is no home folder in the environment",
    {
      hint: "Set HOME, or name a file with --config",
    },
  );
}

async function showPath({ terminal, json }: Context, { path, words }: Place): Promise<number> {
  noMore("path", words, 0);
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (json) terminal.json({ path, exists });
  else terminal.line(neutralLine(path));
  return 0;
}

async function showValues({ terminal, json }: Context, { path, named, words }: Place): Promise<number> {
  noMore("get", words, 1);
  const env = Deno.env.toObject();
  const config = await loadConfig({ ...(named ? { path } : {}), env, os: Deno.build.os });
  const keys = words[0] === undefined ? [] : pathOf(words[0]);
  const found = keys.reduce((here: unknown, key) => {
    return isTable(here) && Object.hasOwn(here, key) ? here[key] : undefined;
  }, printable(config, env));
  if (found === undefined) {
    throw new Problem(
      "bad_request",
      `Cannot show "${pathText(keys)}": it is not set, or there is no such key`,
      {
        hint: "See all that is set with: jamey config get",
      },
    );
  }
  if (json) terminal.json(found);
  else if (isTable(found)) terminal.write(neutral(`${stringify(found).trimEnd()}\n`));
  else terminal.line(neutralLine(typeof found === "string" ? found : literal(found)));
  return 0;
}

async function setValues(context: Context, { path, words }: Place): Promise<number> {
  if (words.length < 2 || words.length % 2 !== 0) throw usage("config set", "each KEY needs its VALUE");
  if (words.length / 2 > changesMax) {
    throw usage("config set", `at most ${changesMax} values are set at once`);
  }
  const changes = words.flatMap((word, i) =>
    i % 2 === 0 ? [{ path: pathOf(word), word: words[i + 1] ?? "" }] : []
  );
  await changeConfig(path, changes);
  const { faults, remarks } = await lookAtConfig(path);
  for (const fault of [...faults, ...remarks]) {
    context.terminal.warn(`warning: ${neutralLine(faultLine(fault))}`);
  }
  context.terminal.talk("Written; a running daemon takes it at its next start (jamey restart)");
  if (context.json) context.terminal.json({ path, set: changes.map((change) => pathText(change.path)) });
  return 0;
}

async function checkFile({ terminal, json }: Context, { path, named, words }: Place): Promise<number> {
  noMore("check", words, 0);
  const { faults, remarks } = await lookAtConfig(path, named);
  const code = faults.length === 0 ? 0 : problemCodes.bad_config.exit;
  if (json) {
    const message = ({ line, what }: Fault) => ({ ...(line === undefined ? {} : { line }), message: what });
    const warnings = remarks.map((remark) => ({ path: remark.path, ...message(remark) }));
    terminal.json({ path, ok: faults.length === 0, problems: faults.map(message), warnings });
    return code;
  }
  for (const fault of faults) terminal.line(neutralLine(`${path}: ${faultLine(fault)}`));
  for (const remark of remarks) {
    terminal.line(neutralLine(`${remark.path}: warning: ${faultLine(remark)}`));
  }
  if (faults.length + remarks.length === 0) terminal.line(`"${neutralLine(path)}" is all right`);
  return code;
}

async function storeKey(context: Context, { words }: Place): Promise<number> {
  noMore("key", words, 1);
  const name = words[0] ?? "";
  if (referenceIn(`keychain:${name}`) === null) {
    throw usage("config key", "NAME is up to 64 letters, digits, dots, dashes and underscores");
  }
  if (context.terminal.inIsTerminal) context.terminal.warn("Paste the key and press Enter; it is not shown");
  const secret = await readSecret(context.terminal.inIsTerminal);
  await writeKeychain(name, secret, { os: Deno.build.os, env: Deno.env.toObject() });
  context.terminal.talk(`Stored; refer to it as "keychain:${name}"`);
  if (context.json) context.terminal.json({ reference: `keychain:${name}` });
  return 0;
}

const secretCharsMax = 64 * 1024;
const enter = /[\r\n]/;

/** What comes by stdin, up to the end or, typed, to Enter; the terminal does not echo it. */
async function readSecret(isTerminal: boolean): Promise<string> {
  if (isTerminal) Deno.stdin.setRaw(true, { cbreak: true });
  try {
    let text = "";
    for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.length > secretCharsMax || (isTerminal && enter.test(text))) break;
    }
    return isTerminal ? text.split(enter)[0] ?? "" : text.replace(/\r?\n$/, "");
  } finally {
    if (isTerminal) Deno.stdin.setRaw(false);
  }
}

function noMore(action: string, words: readonly string[], most: number): void {
  if (words.length > most) {
    throw usage(`config ${action}`, `there is no place for "${words[most]?.slice(0, 64)}"`);
  }
}

function usage(command: string, why: string): Problem {
  return new Problem("usage", `Cannot run "jamey ${neutralLine(command)}": ${why}`, {
    hint: "See: jamey config --help",
  });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
