// What secrets look like: formats that services give them, and the words that stand before those that have none.

export interface SecretPattern {
  /** What it is, for the text that replaces it. */
  what: string;
  /** The group `secret` is what is replaced; without one, all of it. Global and linear in the length of the text. */
  pattern: RegExp;
}

/** Beginnings by which a service marks its keys, each with what follows: enough of it that no ordinary word fits. */
const prefixes: readonly (readonly [what: string, source: string])[] = [
  ["AWS key id", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"],
  ["GitHub token", "gh[opsur]_[A-Za-z0-9]{36,255}"],
  ["GitHub token", "github_pat_[A-Za-z0-9_]{22,255}"],
  ["GitLab token", "gl(?:pat|ptt|oas|cbt|rt|dt|ft|soat|agent|imt|ffct)-[A-Za-z0-9_-]{20,}"],
  ["Slack token", "xox[abeoprs]-[A-Za-z0-9-]{10,}"],
  ["Slack token", "xapp-\\d-[A-Za-z0-9-]{20,}"],
  ["Stripe key", "(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"],
  ["webhook secret", "whsec_[A-Za-z0-9+/=]{20,}"],
  ["Google key", "AIza[A-Za-z0-9_-]{35}"],
  ["Google secret", "GOCSPX-[A-Za-z0-9_-]{20,}"],
  ["Google token", "ya29\\.[A-Za-z0-9_-]{20,}"],
  ["API key", "sk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}"],
  ["JSON web token", "eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"],
  ["npm token", "npm_[A-Za-z0-9]{36}"],
  ["PyPI token", "pypi-[A-Za-z0-9_-]{50,}"],
  ["RubyGems key", "rubygems_[0-9a-f]{48}"],
  ["crates.io token", "cio[A-Za-z0-9]{32}"],
  ["NuGet key", "oy2[a-z0-9]{43}"],
  ["SendGrid key", "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}"],
  ["Mailgun key", "key-[0-9a-f]{32}"],
  ["Mailchimp key", "[0-9a-f]{32}-us\\d{1,2}"],
  ["Twilio key", "SK[0-9a-f]{32}"],
  ["Telegram token", "\\d{8,10}:AA[A-Za-z0-9_-]{32,34}"],
  ["Discord token", "[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,45}"],
  ["DigitalOcean token", "do[oprt]_v1_[0-9a-f]{64}"],
  ["Heroku key", "HRKU-[A-Za-z0-9_-]{30,}"],
  ["Netlify token", "nfp_[A-Za-z0-9]{36,}"],
  ["Linear key", "lin_(?:api|oauth)_[A-Za-z0-9]{32,}"],
  ["Notion token", "(?:secret|ntn)_[A-Za-z0-9]{40,50}"],
  ["Figma token", "figd_[A-Za-z0-9_-]{20,}"],
  ["Airtable token", "pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}"],
  ["Atlassian token", "AT(?:ATT|BB|CTT)[A-Za-z0-9_=-]{30,}"],
  ["Shopify token", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"],
  ["Square token", "sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}"],
  ["Hugging Face token", "hf_[A-Za-z0-9]{30,}"],
  ["Replicate token", "r8_[A-Za-z0-9]{37,}"],
  ["API key", "(?:gsk_|xai-|pplx-)[A-Za-z0-9]{40,}"],
  ["Databricks token", "dapi[0-9a-f]{32}"],
  ["Grafana token", "gl(?:sa|c)_[A-Za-z0-9_+/=]{32,}"],
  ["Sentry token", "sntry[su]_[A-Za-z0-9_+/=]{40,}"],
  ["New Relic key", "NRAK-[A-Z0-9]{27}"],
  ["Doppler token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9._-]{40,}"],
  ["Vault token", "hv[sbr]\\.[A-Za-z0-9_-]{24,}"],
  ["Terraform token", "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,}"],
  ["Pulumi token", "pul-[0-9a-f]{40}"],
  ["age key", "AGE-SECRET-KEY-1[A-Z0-9]{58}"],
  ["1Password token", "ops_eyJ[A-Za-z0-9_-]{40,}"],
  ["Tailscale key", "tskey-[a-z]+-[A-Za-z0-9-]{20,}"],
  ["Supabase token", "sbp_[0-9a-f]{40}"],
  ["PlanetScale token", "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,}"],
  ["Docker token", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"],
  ["Buildkite token", "bk(?:ua|pat)_[0-9a-f]{40}"],
  ["Fly token", "fm[12][ar]?_[A-Za-z0-9+/=_-]{40,}"],
];

/** Words after which a value is secret whatever it looks like. */
const names =
  "(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|client_?-?secret|auth_?-?key|account_?-?key|credentials?)";

const others: readonly SecretPattern[] = [
  {
    what: "private key",
    // Without its end as well: what was cut is no less secret.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[^]){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  },
  {
    what: "AWS key",
    pattern:
      /aws_?secret_?access_?key["'\\]{0,3}\s{0,4}[:=]\s{0,4}["'\\]{0,3}(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/gi,
  },
  {
    what: "webhook address",
    pattern: /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/(?<secret>[A-Za-z0-9/_-]{20,200})/g,
  },
  {
    what: "webhook address",
    pattern:
      /https:\/\/(?:\w{1,20}\.)?discord(?:app)?\.com\/api\/webhooks\/(?<secret>\d{5,30}\/[A-Za-z0-9_-]{30,200})/g,
  },
  { what: "password", pattern: /:\/\/[^\s/:@"'<>]{0,200}:(?<secret>(?![<$*{%[])[^\s/@"'<>]{3,200})@/g },
  { what: "credential", pattern: /\b(?:Bearer|Basic)\s+(?<secret>[A-Za-z0-9._~+/=-]{16,4000})/g },
  { what: "key", pattern: /\bAccountKey=(?<secret>[A-Za-z0-9+/]{40,120}={0,2})/g },
  {
    what: "signature",
    pattern: /[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=(?<secret>[A-Za-z0-9%+/=]{20,600})/g,
  },
  {
    what: "password",
    pattern: /\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+password\s+(?<secret>\S{3,200})/g,
  },
  // In the way of environment files, where a value may be any word; line ends and quotes may be written out.
  {
    what: "value",
    pattern:
      /(?:^|[\s"'`;]|\\[nrt])[A-Z][A-Z0-9_]{0,100}(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|KEY|CREDENTIALS?)=\\?["']?(?<secret>(?![<$*{]|env:|keychain:)[^\s"'\\]{6,400})/gm,
  },
  // In code and settings, where most values are words of a program: a secret has letters, digits and no calls in it.
  {
    what: "value",
    pattern: new RegExp(
      `\\b[\\w-]{0,40}${names}\\\\?["']?\\s{0,4}(?:[:=]|=>|:=)\\s{0,4}\\\\?["'\`](?<secret>(?=[^"'\`]*\\d)(?=[^"'\`]*[A-Za-z])(?![<$*{]|env:|keychain:)[^\\s"'\`(){}<>$\\\\]{8,400})\\\\?["'\`]`,
      "gi",
    ),
  },
];

/** All of them; what is longest and surest comes first. */
export const secretPatterns: readonly SecretPattern[] = [
  ...others.slice(0, 1),
  ...prefixes.map(([what, source]) => ({
    what,
    pattern: new RegExp(`(?<![A-Za-z0-9_-])${source}(?![A-Za-z0-9])`, "g"),
  })),
  ...others.slice(1),
];

/** Fields of data whose value is secret whatever it looks like. */
export const secretField = new RegExp(
  `^(?:${names}|authorization|x-api-key|(?:access|refresh|auth|id|session)_?-?token)$`,
  "i",
);
