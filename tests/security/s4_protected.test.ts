// S4: files by which a later program runs code, planted from inside the sandbox where nothing was there before and where
// something was; this process works in another folder than the workspace all the time.
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { tally } from "../support/tally.ts";
import { textOf } from "../tools/workspace.ts";

const rooms: SandboxRoom[] = [];
afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close();
});

async function room(given: Parameters<typeof openRoom>[0] = {}): Promise<SandboxRoom> {
  const opened = await openRoom(given);
  rooms.push(opened);
  expect(await opened.sandbox.state()).toMatchObject({ status: "works" });
  return opened;
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", ...args],
    cwd,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Everything below a path, with its content. */
async function snapshot(path: string): Promise<Record<string, string>> {
  const info = await lstat(path).catch(() => null);
  if (info === null) return {};
  if (info.isSymbolicLink()) return { [path]: `-> ${await readlink(path)}` };
  if (!info.isDirectory()) return { [path]: await readFile(path, "latin1") };
  const inside = await Promise.all((await readdir(path)).sort().map((name) => snapshot(join(path, name))));
  return Object.assign({ [path]: "folder" }, ...inside);
}

const inRepository = [
  ...["hooks/pre-commit", "hooks/post-checkout", "config", "config.worktree", "commondir"],
  ...["modules/m/config", "modules/m/hooks/post-checkout", "worktrees/w/gitdir", "worktrees/w/commondir"],
].map((name) => `.git/${name}`);
const inFolder = [
  ...[".jamey/settings.toml", ".jamey/hooks/x", ".claude/settings.json", ".claude/agents/x.md"],
  ...[".agents/skills/x/SKILL.md", ".mcp.json", ".vscode/tasks.json", ".vscode/settings.json"],
  ...[".idea/workspace.xml", ".devcontainer/devcontainer.json", ".envrc", ".env", ".env.local"],
  ".husky/pre-commit",
];

/** Ways to have a file of one's own at a path. Each starts in the workspace; the last word is the path. */
function ways(path: string): string[] {
  const parent = dirname(path);
  const top = path.split("/")[0] ?? "";
  const make =
    `mkdir -p /tmp/p "new/${parent}" "$(dirname "/tmp/p/${path}")"; echo evil >"/tmp/p/${path}"; cp -r "/tmp/p/${top}" new/`;
  return [
    `mkdir -p "${parent}"; echo evil >"${path}"`,
    `${make}; cp -r "/tmp/p/${top}" .`,
    `${make}; cp -rT "/tmp/p/${top}" "${top}"`,
    `${make}; mv -f "new/${path}" "${path}"`,
    `${make}; mv -fT "new/${top}" "${top}"`,
    `${make}; ln -sfn "$PWD/new/${path}" "${path}"`,
    `${make}; ln -sfnT "$PWD/new/${top}" "${top}"`,
    `${make}; ln -f "new/${path}" "${path}"`,
    `${make}; rm -rf "${top}"; cp -r "new/${top}" "${top}"`,
    `${make}; mv -T "${top}" old; mv -T "new/${top}" "${top}"`,
    `${make}; rmdir "${top}"; ln -s "new/${top}" "${top}"`,
    `${make}; umount "${path}"; umount "${parent}"; umount "${top}"; cp -r "new/${top}" .`,
    `echo evil | tee "${path}"; echo evil | dd of="${path}"; install -D /etc/hostname "${path}"`,
    `${make}; tar -C new -cf x.tar "${top}"; tar -xf x.tar --overwrite; tar -xf x.tar --unlink-first`,
    `perl -e 'open(F, ">", "${path}") and print F "evil"; rename("/tmp/p/${path}", "${path}"); symlink("/tmp/p/${path}", "${path}")'`,
  ];
}

/** Runs every way for every path, a path a command; which of the paths are not as they were. */
async function plant({ workspace, bash }: SandboxRoom, paths: readonly string[]) {
  const tops = [...new Set(paths.map((path) => path.split("/")[0] ?? ""))].map((top) => join(workspace, top));
  const before = await Promise.all(paths.map((path) => snapshot(join(workspace, path))));
  const changed: string[] = [];
  let tried = 0;
  for (const [index, path] of paths.entries()) {
    const each = ways(path);
    tried += each.length;
    // Each starts from nothing of the one before it.
    const clean = "rm -rf new old x.tar /tmp/p 2>/dev/null";
    const said = textOf(
      await bash(each.map((way) => `(${way}) 2>/dev/null; ${clean}`).join("\n") + "\necho tried"),
    );
    if (!said.includes("tried")) changed.push(`${path} was not tried: ${said}`);
    const after = await snapshot(join(workspace, path));
    if (JSON.stringify(after) !== JSON.stringify(before[index])) {
      changed.push(`${path}: ${JSON.stringify(after)}`);
    }
  }
  return { tried, changed, tops };
}

function count(what: string, { tried, changed }: { tried: number; changed: readonly string[] }): void {
  expect(changed).toEqual([]);
  tally({ family: "S4", what, tried, refused: tried - changed.length, escapes: changed.length });
}

it("nothing is planted in a folder where nothing was, and nothing of ours stays behind", async () => {
  const here = await room();
  count(
    "protected files, absent before",
    await plant(here, [...inFolder, ".git/hooks/pre-commit", ".git/config", "HEAD"]),
  );
  expect(await readdir(here.workspace)).toEqual([]);
});

it("nothing is planted in a fresh repository", async () => {
  const here = await room();
  await git(here.workspace, "init", "-q");
  count(
    "protected files of a fresh repository",
    await plant(here, [...inRepository, ".mcp.json", ".husky/pre-commit"]),
  );
});

it("nothing that is there is changed", async () => {
  const here = await room();
  await git(here.workspace, "init", "-q");
  for (const path of [...inFolder, ".git/config.worktree", ".git/modules/m/config"]) {
    await mkdir(dirname(join(here.workspace, path)), { recursive: true });
    await writeFile(join(here.workspace, path), "mine\n");
  }
  count("protected files, there before", await plant(here, inFolder));
});

it("a folder does not become a repository from within, neither itself nor as a bare one", async () => {
  const here = await room();
  const attempts = [
    "git init",
    "git init --bare .",
    "git clone . .",
    "mkdir -p objects refs hooks; echo 'ref: refs/heads/main' >HEAD; printf '[core]\\nfsmonitor=evil\\n' >config",
    "git init -q sub && cp -r sub/.git . ; mv sub/.git .git",
    "git init -q --separate-git-dir=real sub2; cp sub2/.git .git; mv sub2/.git .git",
    "git init -q --bare bare && mv bare/* . ; cp -r bare/. .",
  ];
  for (const attempt of attempts) await here.bash(attempt);
  const found = await new Deno.Command("git", {
    args: ["rev-parse", "--git-dir"],
    cwd: here.workspace,
    env: { GIT_CEILING_DIRECTORIES: here.base },
  }).output();
  count("repositories made from within", {
    tried: attempts.length,
    changed: found.success ? [new TextDecoder().decode(found.stdout)] : [],
  });
});

it("a repository that is damaged from within is not replaced by the folder around it", async () => {
  const made =
    `printf '[core]\nrepositoryformatversion=0\nbare=false\nworktree=.\nfsmonitor="touch ran; false"\n' >config; mkdir -p hooks`;
  const attempts = [
    `mkdir -p objects refs; echo 'ref: refs/heads/main' >HEAD; ${made}; mv .git/HEAD .git/gone`,
    `rm .git/HEAD; git init -q --bare bare; cp -r bare/. .; ${made}`,
    `echo broken >.git/HEAD; mkdir new; mv -T new refs; mkdir objects; echo 'ref: refs/heads/main' >HEAD; ${made}`,
    `mv .git/refs .git/objects .; echo 'ref: refs/heads/main' >HEAD; ${made}`,
    `mv .git/objects .; ln -s .git refs; echo 'ref: refs/heads/main' >HEAD; ${made}`,
  ];
  const changed: string[] = [];
  const { workspace, bash } = await room();
  for (const there of [[], ["refs"], ["refs", "objects"]]) {
    for (const attempt of attempts) {
      for (const name of await readdir(workspace)) await rm(join(workspace, name), { recursive: true });
      await git(workspace, "init", "-q");
      for (const name of there) await mkdir(join(workspace, name));
      await bash(attempt);
      await new Deno.Command("git", { args: ["status"], cwd: workspace }).output();
      if ((await readdir(workspace)).includes("ran")) changed.push(`${there} ${attempt}`);
    }
  }
  count("repositories put in the place of a damaged one", { tried: 3 * attempts.length, changed });
});

it("git's own commands change no settings that run something", async () => {
  const here = await room();
  await git(here.workspace, "init", "-q");
  const attempts = [
    "git config core.fsmonitor evil",
    "git config core.hooksPath evil",
    "git config --worktree core.fsmonitor evil",
    "git config extensions.worktreeConfig true; git config --worktree core.pager evil",
    "git config --file .git/config alias.status '!evil'",
    "git remote add origin ext::evil",
    "git submodule add ./x x",
    "git worktree add ../w; git worktree add w2",
    "git init --template=/tmp",
    "git config --file .git/commondir a.b c",
    "GIT_DIR=.git git config core.sshCommand evil",
    "git config core.attributesFile evil; git config include.path ../evil",
  ];
  const before = await Promise.all(
    ["config", "hooks"].map((name) => snapshot(join(here.workspace, ".git", name))),
  );
  for (const attempt of attempts) await here.bash(attempt);
  const after = await Promise.all(
    ["config", "hooks"].map((name) => snapshot(join(here.workspace, ".git", name))),
  );
  const names = await readdir(join(here.workspace, ".git"));
  const grown = names.filter((name) =>
    ["config.worktree", "commondir", "modules", "worktrees"].includes(name)
  );
  const changed = [...JSON.stringify(after) === JSON.stringify(before) ? [] : ["settings"], ...grown];
  count("settings of git, by git", { tried: attempts.length, changed });
});

it("folders of hooks and further settings that git's settings name are protected as well", async () => {
  const here = await room();
  await git(here.workspace, "init", "-q");
  await git(here.workspace, "config", "core.hooksPath", "tools/git/hooks");
  await git(here.workspace, "config", "include.path", "../gitconfig.shared");
  count(
    "hooks and settings that are named",
    await plant(here, ["tools/git/hooks/pre-commit", "gitconfig.shared"]),
  );
});

it("where the workspace is the home folder, what shells and programs read at their start is protected", async () => {
  const here = await room();
  const sandbox = openSandbox({ ...here.options, home: here.workspace });
  const paths = [
    ".bashrc",
    ".profile",
    ".bash_profile",
    ".zshenv",
    ".gitconfig",
    ".ssh/authorized_keys",
    ".npmrc",
  ];
  count(
    "files of the home folder",
    await plant({ ...here, bash: here.bashIn(sandbox) }, [...paths, ".config/autostart/x.desktop"]),
  );
});

it("a protected path that is a link is not run around: the command is refused and says why", async () => {
  const here = await room();
  await mkdir(join(here.workspace, "real"));
  await symlink("real", join(here.workspace, ".claude"));
  const said = await here.text("rm .claude; mkdir .claude; echo evil >.claude/settings.json");
  expect(said).toContain('.claude" is a symbolic link');
  expect(await readlink(join(here.workspace, ".claude"))).toBe("real");
  tally({ family: "S4", what: "links in protected places", tried: 1, refused: 1, escapes: 0 });
});

it("a command cannot lock the others out by a link with the name of a settings file", async () => {
  const here = await room();
  await here.bash("ln -s /etc/hostname .env.made; ln -s /etc/hostname .env; ln -s /etc .claude");
  expect(await here.text("echo still")).toBe("still");
});

it("a file that names somebody else's repository opens nothing in it", async () => {
  const here = await room({ place: "/var/tmp" });
  const other = join(here.outside, "repo");
  await mkdir(other);
  await git(other, "init", "-q");
  await git(other, "commit", "-q", "--allow-empty", "-m", "one");
  await git(other, "worktree", "add", "-q", join(here.outside, "linked"));
  const targets = [join(other, ".git"), join(other, ".git", "worktrees", "linked")];
  const before = await snapshot(here.outside);
  for (const target of targets) {
    await writeFile(join(here.workspace, ".git"), `gitdir: ${target}\n`);
    await here.bash(
      `echo evil >${target}/HEAD; echo evil >${other}/.git/hooks/x; echo evil >${other}/.git/config; git commit --allow-empty -m evil`,
    );
  }
  const changed = JSON.stringify(await snapshot(here.outside)) === JSON.stringify(before)
    ? []
    : ["the repository"];
  count("repositories of others", { tried: targets.length * 4, changed });
});
