import { expect, it } from "vitest";
import { redactTexts } from "../../src/redact/redact_texts.ts";
import { readSources } from "../tidy/source.ts";
import { tally } from "../support/tally.ts";

const hex = "0123456789abcdef";
const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const letters = capitals + capitals.toLowerCase();
const word = letters + "0123456789";
const base64 = word + "+/";

/** The same secrets in every run. */
function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
  return (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join("");
}
type Take = ReturnType<typeof dice>;

/** What must not come through (`secret`), and how it stands in a text; put together here, so that no file holds one. */
const formats: readonly (readonly [name: string, make: (take: Take) => { secret: string; text?: string }])[] =
  [
    ["AWS key id", (take) => ({ secret: "AKIA" + take(capitals + "234567", 16) })],
    ["AWS secret key", (take) => {
      const secret = take(base64, 40);
      return { secret, text: `aws_secret_access_key = ${secret}` };
    }],
    ["GitHub personal token", (take) => ({ secret: "ghp" + "_" + take(word, 36) })],
    [
      "GitHub fine-grained token",
      (take) => ({ secret: "github" + "_pat_" + take(word, 22) + "_" + take(word, 59) }),
    ],
    ["GitHub app token", (take) => ({ secret: "ghs" + "_" + take(word, 36) })],
    ["GitLab token", (take) => ({ secret: "glpat" + "-" + take(word, 20) })],
    ["Slack bot token", (take) => ({ secret: "xoxb" + "-" + take("0123456789", 12) + "-" + take(word, 24) })],
    ["Slack webhook", (take) => {
      const secret = `T${take(capitals, 8)}/B${take(capitals, 8)}/${take(word, 24)}`;
      return { secret, text: `https://hooks.slack.com/services/${secret}` };
    }],
    ["Stripe secret key", (take) => ({ secret: "sk" + "_live_" + take(word, 24) })],
    ["Google API key", (take) => ({ secret: "AIza" + take(word + "-_", 35) })],
    ["Google client secret", (take) => ({ secret: "GOCSPX" + "-" + take(word, 28) })],
    [
      "OpenAI key",
      (take) => ({ secret: "sk" + "-proj-" + take(word, 20) + "T3Blbk" + "FJ" + take(word, 20) }),
    ],
    ["Anthropic key", (take) => ({ secret: "sk" + "-ant-api03-" + take(word + "-_", 93) + "AA" })],
    ["OpenRouter key", (take) => ({ secret: "sk" + "-or-v1-" + take(hex, 64) })],
    ["Groq key", (take) => ({ secret: "gsk" + "_" + take(word, 52) })],
    ["Hugging Face token", (take) => ({ secret: "hf" + "_" + take(word, 34) })],
    ["Replicate token", (take) => ({ secret: "r8" + "_" + take(word, 37) })],
    ["npm token", (take) => ({ secret: "npm" + "_" + take(word, 36) })],
    ["PyPI token", (take) => ({ secret: "pypi" + "-AgEIcHlwaS5vcmc" + take(word, 80) })],
    ["RubyGems key", (take) => ({ secret: "rubygems" + "_" + take(hex, 48) })],
    ["SendGrid key", (take) => ({ secret: "SG" + "." + take(word, 22) + "." + take(word, 43) })],
    ["Mailgun key", (take) => ({ secret: "key" + "-" + take(hex, 32) })],
    ["Twilio key", (take) => ({ secret: "SK" + take(hex, 32) })],
    ["Telegram bot token", (take) => ({ secret: "1" + take("0123456789", 9) + ":AA" + take(word, 33) })],
    [
      "Discord bot token",
      (take) => ({ secret: "M" + take(word, 25) + "." + take(word, 6) + "." + take(word, 38) }),
    ],
    ["DigitalOcean token", (take) => ({ secret: "dop" + "_v1_" + take(hex, 64) })],
    ["Databricks token", (take) => ({ secret: "dapi" + take(hex, 32) })],
    ["Linear key", (take) => ({ secret: "lin" + "_api_" + take(word, 40) })],
    ["Notion token", (take) => ({ secret: "ntn" + "_" + take(word, 46) })],
    ["Shopify token", (take) => ({ secret: "shpat" + "_" + take(hex, 32) })],
    ["Vault token", (take) => ({ secret: "hvs" + "." + take(word, 90) })],
    ["Docker token", (take) => ({ secret: "dckr" + "_pat_" + take(word, 27) })],
    ["JSON web token", (take) => ({ secret: `eyJ${take(word, 30)}.eyJ${take(word, 60)}.${take(word, 43)}` })],
    ["private key", (take) => {
      const lines = Array.from({ length: 8 }, () => take(base64, 64));
      const label = "RSA PRIVATE" + " KEY";
      return {
        secret: lines.join(""),
        text: `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----`,
      };
    }],
    ["OpenSSH key that was cut", (take) => {
      const lines = Array.from({ length: 5 }, () => take(base64, 70));
      return {
        secret: lines.join(""),
        text: `-----BEGIN OPENSSH PRIVATE${" KEY"}-----\n${lines.join("\n")}`,
      };
    }],
    ["address with a password", (take) => {
      const secret = take(word, 14);
      return { secret, text: `postgres://app:${secret}@db.example.com:5432/shop` };
    }],
    ["bearer header", (take) => {
      const secret = take(word, 40);
      return { secret, text: `Authorization: Bearer ${secret}` };
    }],
    ["Azure storage key", (take) => {
      const secret = take(base64, 86);
      return {
        secret,
        text: `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${secret}==;EndpointSuffix=x`,
      };
    }],
    ["environment file", (take) => {
      const secret = take(letters, 12);
      return { secret, text: `DB_HOST=localhost\nDB_PASSWORD=${secret}\nDB_PORT=5432` };
    }],
    ["setting in code", (take) => {
      const secret = take(word, 20) + "7a";
      return { secret, text: `const client = connect({ host: "db", password: "${secret}" });` };
    }],
  ];

const surroundings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `I found this in the file:\n\n${text}\n\nShall I go on?`,
  (text) => `     1\tfirst line\n     2\t\n${text}\n     4\tlast line`,
  (text) => JSON.stringify({ output: "done", lines: [text] }),
  (text) => "```sh\n" + text + "\n```",
];

/** Whether a piece of the secret long enough to be of use is still there. */
function isLeft(secret: string, text: string): boolean {
  const piece = Math.min(10, secret.length);
  const plain = text.replaceAll(/\\n|\s/g, "");
  for (let from = 0; from + piece <= secret.length; from++) {
    if (plain.includes(secret.slice(from, from + piece))) return true;
  }
  return false;
}

it("forty formats of secrets are taken out of what is exported, wherever they stand", async () => {
  expect(formats).toHaveLength(40);
  const takes = [1, 2, 3].map(dice);
  const cases = formats.flatMap(([name, make]) =>
    takes.flatMap((take) => surroundings.map((around) => ({ name, ...make(take), around })))
  ).map(({ name, secret, text = secret, around }) => ({ name, secret, text: around(text) }));
  // One after the other, as a single text says less about itself than a long one.
  const left: string[] = [];
  for (const { name, secret, text } of cases) {
    const { texts: [clean = ""] } = await redactTexts([text]);
    if (isLeft(secret, clean)) left.push(`${name}: ${text.slice(0, 40)}`);
  }
  const share = (cases.length - left.length) / cases.length;
  console.log(`K5: ${(share * 100).toFixed(1)} % of ${cases.length} redacted`, left);
  tally({
    family: "K5",
    what: "secrets in 40 formats",
    tried: cases.length,
    refused: cases.length - left.length,
    escapes: left.length,
  });
  expect(left).toEqual([]);
}, 60_000);

it("texts keep their places, and what is no secret stays as it is", async () => {
  const token = "ghp" + "_" + dice(5)(word, 36);
  const { texts, found } = await redactTexts(["one", `two ${token} 2`, "", "the token: string is checked"]);
  expect(texts).toEqual(["one", "two [redacted: GitHub token] 2", "", "the token: string is checked"]);
  expect(found).toEqual({ "GitHub token": 1 });
});

it("in the sources and pages of this program next to nothing is taken for a secret", async () => {
  const sources = readSources(["src", "actors", "machines", "tools", "bin", "bench"]).map(({ text }) => text);
  const pages = ["README.md", "CHANGELOG.md", "docs/architecture.md", "docs/extending.md"].map((path) =>
    Deno.readTextFileSync(path)
  );
  const corpus = [...sources, ...pages];
  const { texts, found } = await redactTexts(corpus);
  const changed = corpus.filter((text, index) => text !== texts[index]).length;
  const chars = corpus.reduce((sum, text) => sum + text.length, 0);
  const count = Object.values(found).reduce((sum, one) => sum + one, 0);
  console.log(
    `K5 false positives: ${count} in ${changed} of ${corpus.length} files, ${chars} characters`,
    found,
  );
  expect(count).toBeLessThanOrEqual(5);
}, 60_000);
