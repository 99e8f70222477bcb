// What a command may never change in a folder it works in, there or not: files by which a later program runs code or asks
// differently. Listed for each folder by its absolute path, whatever the working folder of this program is.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isInside } from "../paths.ts";
import { gitPlaces } from "./git_places.ts";
import { kindOf, type ProtectedPlaces } from "./protected_path.ts";

const names = [
  ".jamey",
  ".claude",
  ".agents",
  ".mcp.json",
  ".vscode",
  ".idea",
  ".devcontainer",
  ".husky",
  ".envrc",
  ".env",
  ".env.local",
] as const;
/** Read by shells and programs when they start; they matter where the home folder can be written. */
const homeNames = [
  ...[".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".inputrc"],
  ...[".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".cshrc", ".tcshrc", ".login", ".kshrc"],
  ...[".gitconfig", ".ssh", ".gnupg", ".npmrc", ".yarnrc", ".pypirc", ".netrc", ".curlrc", ".wgetrc"],
  ...[".vimrc", ".vim", ".emacs", ".emacs.d", ".tmux.conf", ".screenrc", ".xprofile", ".xinitrc"],
  ...[".xsession", ".pam_environment", ".forward", ".config", ".local", ".cargo", ".docker", ".kube", ".aws"],
] as const;
/** Files with settings for others to copy; they hold nothing that is read. */
const samples = /\.(?:example|sample|template|dist)$/;
const entriesMax = 20_000;

/** `home` null: there is none. */
export async function protectedPlaces(root: string, home: string | null): Promise<ProtectedPlaces> {
  const git = await gitPlaces(root, home);
  const own = [...names, ...await environmentFiles(root)];
  const homes = home !== null && isInside(home, [root]) ? homeNames.map((name) => join(home, name)) : [];
  const folders = [...own.map((name) => join(root, name)), ...homes];
  return {
    paths: [...folders.map((path) => ({ path, whenAbsent: "folder" as const })), ...git.paths],
    writable: git.writable,
  };
}

/** Further ones that are there. Links among them cannot be held, and a command that makes one must not lock all others out. */
async function environmentFiles(root: string): Promise<string[]> {
  const found = await readdir(root).catch(() => []);
  return found.slice(0, entriesMax).filter((name) =>
    name.startsWith(".env") && !samples.test(name) && kindOf(join(root, name)) !== "link"
  );
}
