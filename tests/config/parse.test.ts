import { describe, expect, test } from "vitest";
import { defaultText } from "../../src/config/default_text.ts";
import { checkConfig, configBytesMax, parseConfig } from "../../src/config/parse.ts";
import { config, entriesMax } from "../../src/config/schema.ts";
import { Problem } from "../../src/protocol/problem.ts";

const file = "/home/me/.config/jamey-code/runtime.toml";

function problemOf(text: string): Problem {
  try {
    parseConfig(text, file);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
  throw new Error("the text was accepted");
}

const provider = (lines: string) => `[providers.work]\nkind = "openai"\n${lines}`;
const secret = "sk-canary-0123456789abcdef";

/** Name, text, line, key that must be named. */
const bad: readonly (readonly [what: string, text: string, line: number | null, named: string])[] = [
  ["a word that is no TOML", "nonsense", 1, "end of key"],
  ["a text without quotes", "default_provider = work", 1, "default_provider"],
  ["a string without an end", 'default_provider = "work\n', 1, "default_provider"],
  ["a key twice", 'default_provider = "a"\ndefault_provider = "b"', 2, "default_provider"],
  ["a section twice", "[limits]\nsteps = 1\n[limits]\nsteps = 2", 3, "limits"],
  ["a section and a dotted key", "limits.steps = 1\n[limits]\nrepeat = 3", 2, "limits"],
  ["an unknown section", "[limit]\nsteps = 1", 1, '"limit" is not a known key; did you mean "limits"?'],
  ["an unknown key", "[limits]\nstpes = 1", 2, '"limits.stpes" is not a known key; did you mean "steps"?'],
  [
    "a key outside of its section",
    'allow_hosts = ["example.com"]',
    1,
    '"allow_hosts" is not a known key; it belongs in [sandbox]',
  ],
  ["an unknown key of a provider", provider('base_ur = "x"'), 3, '"providers.work.base_ur"'],
  ["an unknown key of a kind", '[providers.a]\nkind = "scripted"\nmodel = "x"', 3, '"providers.a.model"'],
  [
    "members that do not fit their mode",
    '[modes.review]\nmembers = [{ name = "x" }]',
    2,
    '"modes.review.members" "review" needs exactly 1 "author"',
  ],
  ["a mode that has no members", "[modes.single]\nrounds_max = 2", 1, '"modes.single"'],
  ["a text for a number", '[limits]\nsteps = "many"', 2, '"limits.steps" is a string, expected a number'],
  ["a broken number for a whole one", "[limits]\nsteps = 1.5", 2, '"limits.steps"'],
  ["no number at all", "[limits]\ncost_usd = nan", 2, '"limits.cost_usd"'],
  ["a number without end", "[limits]\ncost_usd = inf", 2, '"limits.cost_usd"'],
  ["a negative number", "[limits]\ntokens = -5", 2, '"limits.tokens"'],
  ["a number that is too large", "[limits]\ntokens = 99999999999999999999", 2, "tokens"],
  ["a limit of nothing", "[limits]\nsteps = 0", 2, '"limits.steps"'],
  ["a number for a section", "limits = 3", 1, '"limits" is a number, expected a table'],
  ["a text for true or false", '[web]\nallow_private = "no"', 2, '"web.allow_private"'],
  ["a date for a text", "[models.x]\nvision = 2024-10-21", 2, '"models.x.vision" is a date'],
  ["a list for a text", "default_provider = [1]", 1, '"default_provider"'],
  ["shares in the wrong order", "[context]\nmicro_at = 0.9", 2, '"context.micro_at"'],
  ["a share over one", "[context]\ncompact_at = 80", 2, '"context.compact_at"'],
  ["a provider without a kind", '[providers.work]\nmodel = "x"', 1, '"providers.work.kind"'],
  [
    "a provider of an unknown kind",
    '[providers.work]\nkind = "gpt"',
    2,
    'expected "openai", "anthropic", "azure", "ollama", "recorded", "scripted"',
  ],
  ["a provider with a slash", '[providers."a/b"]\nkind = "scripted"', 1, 'providers."a/b"'],
  ["a provider that looks like a number", '[providers.1]\nkind = "scripted"', 1, '"providers.1"'],
  [
    "an endpoint with a password",
    provider(`base_url = "https://me:${secret}@h/v1"`),
    3,
    '"providers.work.base_url"',
  ],
  [
    "an endpoint with a query",
    provider(`base_url = "https://h/v1?key=${secret}"`),
    3,
    '"providers.work.base_url"',
  ],
  ["an endpoint that is a file", provider('base_url = "file:///etc/passwd"'), 3, '"providers.work.base_url"'],
  ["a key itself", provider(`key = "${secret}"`), 3, '"env:NAME"'],
  ["a key itself behind env:", provider(`key = "env:${secret}"`), 3, '"env:NAME"'],
  ["a key itself behind keychain:", provider(`key = "keychain:${secret}"`), 3, '"env:NAME"'],
  ["a key that is a word", provider('key = "hunter2"'), 3, '"env:NAME"'],
  ["a search key itself", '[web]\nsearch_key = "hunter2"', 2, '"web.search_key"'],
  ["a search address with a password", `[web]\nsearch_url = "http://u:${secret}@h/"`, 2, '"web.search_url"'],
  [
    "a header with a key",
    `[mcp.a]\nurl = "http://h/"\nheaders = { Authorization = "Bearer ${secret}" }`,
    3,
    '"env:NAME"',
  ],
  ["a variable with a key", `[mcp.a]\ncommand = "x"\nenv = { TOKEN = "${secret}" }`, 3, '"mcp.a.env.TOKEN"'],
  ["an address with a key", `[mcp.a]\nurl = "http://h/?k=${secret}"`, 2, '"mcp.a.url"'],
  ["a server that is nothing", "[mcp.a]\nenabled = true", 1, '"mcp.a" needs either'],
  ["a server that is both", '[mcp.a]\ncommand = "x"\nurl = "http://h/"', 1, '"mcp.a" needs either'],
  ["a tool without a command", '[tools.a]\ntype = "process"\ndescription = "d"', 1, '"tools.a.command"'],
  [
    "a tool with an empty command",
    '[tools.a]\ntype = "process"\ndescription = "d"\ncommand = []',
    4,
    '"tools.a.command"',
  ],
  [
    "a tool with broken JSON",
    '[tools.a]\ntype = "process"\ncommand = ["x"]\ndescription = "d"\nparameters = "{"',
    5,
    '"tools.a.parameters"',
  ],
  [
    "a tool with a strange name",
    '[tools."a b"]\ntype = "process"\ncommand = ["x"]\ndescription = "d"',
    1,
    '"a b"',
  ],
  ["a hook of an unknown event", '[[hooks.PreTool]]\ncommand = "x"', 1, '"hooks.PreTool"'],
  [
    "a hook without a command",
    '[[hooks.Stop]]\ncommand = "x"\n[[hooks.Stop]]\ntimeout_s = 3',
    3,
    '"hooks.Stop.1.command"',
  ],
  ["a key that touches prototypes", "__proto__.polluted = true", 1, "__proto__"],
  ["a key that touches constructors", "[constructor]\nprototype = 1", 1, "constructor"],
  [
    "a hook that may take an hour",
    '[[hooks.Stop]]\ncommand = "x"\ntimeout_s = 3600',
    3,
    "hooks.Stop.0.timeout_s",
  ],
  [
    "too many tools",
    Array.from(
      { length: 129 },
      (_, i) => `[tools.t${i}]\ntype = "process"\ncommand = ["x"]\ndescription = "d"\n`,
    )
      .join(""),
    1,
    '"tools" has more than 128',
  ],
  ["a model named like a prototype", "[models.__proto__]\nwindow = 1", 1, "models.__proto__"],
  ["a table without end", `x = ${"[".repeat(5_000)}`, 1, ""],
  [
    "too many providers",
    Array.from({ length: entriesMax + 1 }, (_, i) => `[providers.p${i}]\nkind = "scripted"\n`).join(""),
    1,
    '"providers"',
  ],
  ["the root as a secret", '[secrets]\nhidden = ["/"]', 2, '"secrets.hidden.0" is "/", which names no file'],
  [
    "the root, twice, as no secret",
    '[secrets]\nreadable = ["~/a", "//"]',
    2,
    '"secrets.readable.1" is "//", which names no file',
  ],
  ["a pattern of dots", '[secrets]\nreadable = ["./"]', 2, '"secrets.readable.0" is "./"'],
  ["a pattern with a NUL", '[secrets]\nhidden = ["a\\u0000"]', 2, '"secrets.hidden.0" holds a NUL'],
  [
    "a host with a path",
    '[sandbox]\nallow_hosts = ["a.example", "https://b.example/x"]',
    2,
    '"sandbox.allow_hosts.1" is "https://b.example/x", which is no host; write "example.com" or "*.example.com"',
  ],
  [
    "a host that is a key",
    `[sandbox]\nallow_hosts = ["https://${secret}/"]`,
    2,
    "is a text, which is no host",
  ],
  [
    "a host with a password",
    '[sandbox]\nallow_hosts = ["http://me:hunter2@h/"]',
    2,
    "is a text, which is no",
  ],
  ["a NUL", 'default_provider = "a\0b"', 1, "default_provider"],
  ["an UTF-16 mark", "\ufffe\ufffed\0e\0f\0", 1, ""],
  ["a file without end", "#".repeat(configBytesMax + 1), null, "larger"],
];

describe("a configuration that cannot be right", () => {
  let refused = 0;
  test.each(bad)(
    "%s: one line that names the file, the line and the key, and no secret",
    (_, text, line, named) => {
      const { code, exitCode, message, hint } = problemOf(text);
      expect([code, exitCode]).toEqual(["bad_config", 52]);
      expect(message).toMatch(/^Cannot read config "\/home\/me\/.config\/jamey-code\/runtime.toml": /);
      if (line !== null) expect(message).toContain(`: line ${line}: `);
      expect(message).toContain(named);
      expect(message).not.toContain("\n");
      expect(message).not.toMatch(/\.$/);
      expect(`${message}${hint}`).not.toMatch(/canary|hunter2/);
      expect(hint).toBeTruthy();
      refused++;
    },
  );

  test("none of them was accepted, and none left a trace on other objects", () => {
    console.log(`P5 config: ${bad.length} bad texts, ${refused} refused with file, line and key`);
    expect(refused).toBe(bad.length);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("every fault is told, in the order of the file, up to a hundred", () => {
    const checked = checkConfig('[limits]\nsteps = "a"\nrepeat = 1\n[web]\nsearch = 1\n');
    expect(checked.ok ? [] : checked.faults.map(({ line }) => line)).toEqual([2, 3, 5]);
    expect(problemOf('[limits]\nsteps = "a"\nrepeat = 1').message).toContain(
      "(and 1 more: jamey config check)",
    );
    const many = checkConfig(Array.from({ length: 200 }, (_, i) => `k${i} = 1\n`).join(""));
    expect(many.ok ? 0 : many.faults.length).toBe(100);
  });
});

describe("a configuration that is right", () => {
  test("an empty one, and one with a byte order mark or Windows line ends, hold the defaults", () => {
    const defaults = config.parse({});
    expect(parseConfig("", file)).toEqual(defaults);
    expect(parseConfig("\ufeff[limits]\r\nsteps = 7\r\n", file).limits).toEqual({
      ...defaults.limits,
      steps: 7,
    });
  });

  test("a new file is all comments, and each of its lines is valid when it counts", () => {
    expect(parseConfig(defaultText, file)).toEqual(config.parse({}));
    const active = defaultText.replaceAll(/^#(?=[a-z[])/gm, "");
    const read = parseConfig(active, file);
    expect(read.limits).toEqual(config.parse({}).limits);
    expect(read.context).toEqual(config.parse({}).context);
    expect(Object.keys(read.providers)).toEqual(["work", "hosted", "company", "local"]);
    expect(read.hooks.PreToolUse).toHaveLength(1);
    expect(Object.entries(read).filter(([, value]) => JSON.stringify(value) === "{}")).toEqual([]);
  });

  test("the parameters of a tool are a table or a string with JSON, and mean the same", () => {
    const tool = (parameters: string) =>
      parseConfig(
        `[tools.t]\ntype = "process"\ncommand = ["x"]\ndescription = "d"\nparameters = ${parameters}`,
        file,
      )
        .tools["t"]?.parameters;
    expect(tool('{ type = "object" }')).toEqual(tool(`'{"type": "object"}'`));
  });

  test("a key by reference, a header with one, and an address with a path are taken as they are", () => {
    const read = parseConfig(
      '[mcp.a]\nurl = "https://h/mcp/?tenant=7"\nheaders = { Authorization = "Bearer env:TOKEN", Accept = "text/plain" }\n' +
        provider('key = "keychain:work"\nbase_url = "http://127.0.0.1:1/v1/"'),
      file,
    );
    expect(read.mcp["a"]).toMatchObject({
      url: "https://h/mcp/?tenant=7",
      headers: { Accept: "text/plain" },
    });
    expect(read.providers["work"]).toMatchObject({ key: "keychain:work", base_url: "http://127.0.0.1:1/v1" });
  });
});
