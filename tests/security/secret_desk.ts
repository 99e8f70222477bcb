// A machine in small with secrets in every place: a home, a data folder of ours, a workspace, each secret with its own mark.
import { join } from "node:path";
import { openSecretPlaces } from "../../src/permission/open_secret_places.ts";
import type { SecretPlaces } from "../../src/permission/secret_places.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

/** In every secret, and nowhere else: what is looked for afterwards. */
export const canary = "CANARY7c1f";

export interface SecretDesk {
  test: TestRuntime;
  places: SecretPlaces;
  root: string;
  home: string;
  workspace: string;
  /** Absolute paths of all secret files, under all their names. */
  secrets: string[];
  close(): Promise<void>;
}

const inHome = [
  ".ssh/id_ed25519",
  ".ssh/config",
  ".aws/credentials",
  ".kube/config",
  ".docker/config.json",
  ".netrc",
  ".npmrc",
  ".git-credentials",
  ".config/gh/hosts.yml",
  ".config/google-chrome/Default/Cookies",
  ".mozilla/firefox/x.default/logins.json",
  ".bash_history",
  ".gnupg/private-keys-v1.d/key",
  ".password-store/mail",
];
const inWorkspace = [
  ".env",
  ".env.local",
  ".ENV.PRODUCTION",
  ".envrc",
  "deep/er/.env",
  "certs/server.pem",
  "certs/tls.key",
  "id_rsa",
  "vault.kdbx",
];
const ours = ["data/token", "data/trust.json", "data/permissions.json", "config/jamey-code/runtime.toml"];

export async function openSecretDesk(): Promise<SecretDesk> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-secret-" }));
  const [home, workspace] = [join(root, "home"), join(root, "workspace")];
  const put = async (path: string) => {
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, `first line\nKEY=${canary}-${path.length}\nlast line\n`);
    return path;
  };
  const secrets = await Promise.all([
    ...inHome.map((path) => put(join(home, path))),
    ...inWorkspace.map((path) => put(join(workspace, path))),
    ...ours.map((path) => put(join(root, path))),
  ]);
  const other = async (make: (from: string, to: string) => Promise<void>, from: string, to: string) => {
    await make(from, join(workspace, to));
    secrets.push(join(workspace, to));
  };
  await other(Deno.symlink, join(workspace, ".env"), "notes.txt");
  await other(Deno.symlink, join(home, ".ssh/id_ed25519"), "key-link");
  await other(Deno.symlink, join(root, "data/token"), "token-link");
  await other(Deno.link, join(workspace, ".env"), "copy.txt");
  await other(Deno.link, join(home, ".aws/credentials"), "harmless.ini");
  await other(Deno.link, join(root, "data/token"), "hello.md");
  const places = openSecretPlaces({
    home,
    dataDir: join(root, "data"),
    configDir: join(root, "config/jamey-code"),
  });
  const test = await openTestRuntime({ folder: root, secretPlaces: places });
  return {
    test,
    places,
    root,
    home,
    workspace,
    secrets,
    close: async () => {
      await test.close();
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** How often the mark is in what the sessions of this desk have logged and said. */
export async function leaksIn(desk: SecretDesk, sessions: readonly string[]): Promise<number> {
  const all = await Promise.all(sessions.map((session) => desk.test.facts(session)));
  return JSON.stringify([all, desk.test.reports]).split(canary).length - 1;
}
