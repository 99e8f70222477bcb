import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSecretPlaces, type SecretPlacesOptions } from "../../src/permission/open_secret_places.ts";

let root: string;
let home: string;
let workspace: string;

beforeEach(async () => {
  root = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-secrets-" }));
  [home, workspace] = [join(root, "home"), join(root, "project")];
  await Deno.mkdir(home);
  await Deno.mkdir(workspace);
});
afterEach(() => Deno.remove(root, { recursive: true }));

const open = (more: Partial<SecretPlacesOptions> = {}) =>
  openSecretPlaces({ home, dataDir: join(root, "data"), configDir: join(root, "config"), ...more });

async function put(path: string, text = "x"): Promise<string> {
  const whole = join(root, path);
  await Deno.mkdir(join(whole, ".."), { recursive: true });
  await Deno.writeTextFile(whole, text);
  return whole;
}

const secretFiles =
  `.env .env.local .ENV.Production .envrc .env-staging deep/er/.env id_rsa id_ed25519 id_rsa.old id_work
  server.pem tls.KEY store.p12 cert.pfx app.jks vault.kdbx .netrc .pypirc .git-credentials`;
const openFiles =
  `.env.example .env.sample .env.local.template .env.dist id_rsa.pub id_map.ts main.ts env.ts .envoy.yaml
  cacert.pem keys.md .npmrc settings.json`;

it("files are secret by their names, in any folder and in capitals too; samples and public keys are not", () => {
  const { reasonFor } = open();
  const reasons = (names: string) =>
    names.trim().split(/\s+/).map((name) => [name, reasonFor(join(workspace, name)) !== null]);
  expect(reasons(secretFiles).filter(([, isSecret]) => !isSecret)).toEqual([]);
  expect(reasons(openFiles).filter(([, isSecret]) => isSecret)).toEqual([]);
});

it("places in the home folder, our own data and running programs are secret; what lies beside them is not", () => {
  const { reasonFor } = open();
  const reason = (path: string) => reasonFor(join(root, path));
  expect(reason("home/.ssh/config")).toBe("a place of credentials");
  expect(reason("home/.config/glab-cli/config.yml")).toBe("a place of credentials");
  expect(reason("home/.config/google-chrome-beta/Default/Cookies")).toBe("a browser profile");
  expect(reason("home/.bash_history")).toBe("a history of commands");
  expect(reason("data/sessions/one/00000000000000000001.jsonl")).toBe("jamey's own data");
  expect(reason("config/runtime.toml")).toBe("jamey's own configuration");
  expect(reasonFor("/proc/self/environ")).toBe("memory or environment of a running program");
  expect(reasonFor("/proc/12/task/12/mem")).toBe("memory or environment of a running program");
  expect([reason("home/.sshrc"), reason("home/.bashrc"), reason("data2/x"), reasonFor("/proc/cpuinfo")])
    .toEqual([null, null, null, null]);
});

it("a place that is a link is secret where it leads to", async () => {
  await put("elsewhere/config");
  await Deno.symlink(join(root, "elsewhere"), join(home, ".aws"));
  expect(open().reasonFor(join(root, "elsewhere/config"))).toBe("a place of credentials");
});

it("the user can open and close places; nothing opens our own data", () => {
  const { reasonFor } = open({
    readable: ["fixtures/*.pem", "~/.ssh/known_hosts", ".env.test", `${root}/data/**`],
    hidden: ["customers.csv", "~/Letters", `${root}/vault`],
  });
  const reason = (path: string) => reasonFor(join(root, path));
  expect([reason("project/fixtures/a.pem"), reason("home/.ssh/known_hosts"), reason("project/a/.env.test")])
    .toEqual([null, null, null]);
  expect(reason("project/a.pem")).toBe("a private key");
  expect(reason("home/.ssh/id_rsa")).toBe("a place of credentials");
  expect(reason("data/token")).toBe("jamey's own data");
  expect([reason("project/x/customers.csv"), reason("home/Letters/one.txt"), reason("vault/x/y")])
    .toEqual(Array(3).fill("hidden by your configuration"));
});

it("what is to be hidden from commands exists, and is found deep in the workspace and through links", async () => {
  const expected = await Promise.all([
    put("project/.env"),
    put("project/a/b/c/tls.key"),
    put("project/real-settings"),
    put("extra/.env.local"),
    put("home/.netrc"),
    put("vault/deep/file").then(() => join(root, "vault")),
  ]);
  await put("home/.ssh/config");
  await put("data/token");
  await put("project/.env.example");
  await put("project/node_modules/x/.env");
  await put("project/.git/objects/ab.key");
  await put("project/.env.d/plain.txt");
  await Deno.symlink("real-settings", join(workspace, ".env.linked"));
  const places = open({ hidden: [`${root}/vault`] });
  const found = await places.hidden(workspace, [join(root, "extra")]);
  const own = found.filter((path) => path.startsWith(root));
  expect(own.sort()).toEqual([...expected, join(home, ".ssh"), join(root, "data")].sort());
});

it("what the user lets be read is not hidden, and the rest of its folder is", async () => {
  await put("home/.ssh/known_hosts");
  const key = await put("home/.ssh/key");
  const deep = await put("home/.ssh/more/key");
  const places = open({ readable: ["~/.ssh/known_hosts", "~/.ssh/more/open"] });
  const open1 = await put("home/.ssh/more/open");
  const found = await places.hidden(workspace);
  expect(found.filter((path) => path.startsWith(home)).sort()).toEqual([key, deep].sort());
  expect(found).not.toContain(open1);
});

it("another name of a secret file is known by the file itself", async () => {
  const secret = await put("project/.env");
  const plain = await put("project/plain");
  await Deno.link(secret, join(workspace, "notes.txt"));
  await Deno.link(plain, join(workspace, "also.txt"));
  const { reasonForLinked } = open();
  const reason = async (name: string) => {
    const { dev, ino } = await Deno.stat(join(workspace, name));
    return await reasonForLinked({ dev, ino: ino ?? 0 }, workspace);
  };
  expect(await reason("notes.txt")).toBe("an environment file under another name");
  expect(await reason("also.txt")).toBe(null);
});

it("the root, or a home folder that is the root, stands for all that is in it, and breaks nothing", () => {
  const secretOf = (more: Partial<SecretPlacesOptions>) => open(more).reasonFor(join(workspace, "notes.txt"));
  for (const hidden of ["/", "//", "./", "**", "~/"]) {
    expect(secretOf({ home: "/", hidden: [hidden] }), hidden).toBe("hidden by your configuration");
  }
  expect(secretOf({ hidden: ["~/"] })).toBeNull();
});
