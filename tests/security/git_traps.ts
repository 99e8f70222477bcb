// Repositories that try to have a program of theirs run: by settings, hooks, attributes, remotes, names.
import { join } from "node:path";
import { git, makeRepository, put } from "../tools/worktree_repository.ts";

export interface Trap {
  name: string;
  /** Settings of the repository; "TRAP" stands for a program that leaves a mark. */
  settings?: readonly (readonly [key: string, value: string])[];
  files?: Readonly<Record<string, string>>;
  /** More that is to be done. */
  prepare?(repository: string, program: string): Promise<unknown>;
}

const hooks =
  `applypatch-msg pre-commit post-checkout post-commit pre-rebase post-merge pre-auto-gc post-rewrite
  reference-transaction post-index-change fsmonitor-watchman pre-push update sendemail-validate`.split(/\s+/);
const attributes = { ".gitattributes": "* filter=evil diff=evil merge=evil text\n" };

async function installHooks(folder: string, program: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const hook of hooks) {
    await Deno.copyFile(program, join(folder, hook));
    await Deno.chmod(join(folder, hook), 0o755);
  }
}

export const traps: readonly Trap[] = [
  { name: "fsmonitor", settings: [["core.fsmonitor", "TRAP"]] },
  {
    name: "fsmonitor of one worktree",
    settings: [["extensions.worktreeConfig", "true"]],
    prepare: (repository, program) =>
      put(repository, { ".git/config.worktree": `[core]\n fsmonitor = ${program}\n` }),
  },
  { name: "hooks", prepare: (repository, program) => installHooks(join(repository, ".git/hooks"), program) },
  {
    name: "hooks elsewhere",
    settings: [["core.hooksPath", "my-hooks"]],
    prepare: (repository, program) => installHooks(join(repository, "my-hooks"), program),
  },
  ...["clean", "smudge", "process"].map((what) => ({
    name: `filter that is to ${what}`,
    files: attributes,
    settings: [[`filter.evil.${what}`, "TRAP"]] as const,
  })),
  {
    name: "filter that is required",
    files: attributes,
    settings: [["filter.evil.required", "true"], ["filter.evil.clean", "TRAP"], [
      "filter.evil.smudge",
      "TRAP",
    ]],
  },
  {
    name: "filter with a name of many parts",
    files: { ".gitattributes": "* filter=a.b.c\n" },
    settings: [["filter.a.b.c.clean", "TRAP"], ["filter.a.b.c.smudge", "TRAP"]],
  },
  {
    name: "filter from an included file",
    files: attributes,
    settings: [["include.path", "evil"]],
    prepare: (repository, program) =>
      put(repository, { ".git/evil": `[filter "evil"]\n clean = ${program}\n smudge = ${program}\n` }),
  },
  {
    name: "filter included on a condition",
    files: attributes,
    settings: [["includeIf.onbranch:**.path", "evil"]],
    prepare: (repository, program) =>
      put(repository, { ".git/evil": `[filter "evil"]\n clean = ${program}\n smudge = ${program}\n` }),
  },
  {
    name: "filter by attributes outside the tree",
    settings: [["filter.evil.clean", "TRAP"], ["filter.evil.smudge", "TRAP"]],
    prepare: (repository) => put(repository, { ".git/info/attributes": "* filter=evil\n" }),
  },
  {
    name: "attributes file of the settings",
    settings: [["core.attributesFile", "my-attributes"], ["filter.evil.clean", "TRAP"], [
      "filter.evil.smudge",
      "TRAP",
    ]],
    prepare: (repository) => put(repository, { "my-attributes": "* filter=evil\n" }),
  },
  {
    name: "text conversion",
    files: attributes,
    settings: [["diff.evil.textconv", "TRAP"], ["diff.evil.cachetextconv", "true"]],
  },
  { name: "diff driver", files: attributes, settings: [["diff.evil.command", "TRAP"]] },
  { name: "external diff", settings: [["diff.external", "TRAP"]] },
  {
    name: "merge driver",
    files: attributes,
    settings: [["merge.evil.driver", "TRAP"], ["merge.default", "evil"]],
  },
  { name: "ssh command", settings: [["core.sshCommand", "TRAP"], ["remote.origin.url", "ssh://x/y"]] },
  { name: "git proxy", settings: [["core.gitProxy", "TRAP"], ["remote.origin.url", "git://127.0.0.1/y"]] },
  { name: "ext transport", settings: [["protocol.ext.allow", "always"], ["remote.origin.url", "ext::TRAP"]] },
  {
    name: "ext transport in disguise",
    settings: [["protocol.allow", "always"], ["url.ext::TRAP .insteadOf", "https://"], [
      "remote.origin.url",
      "https://x",
    ]],
  },
  {
    name: "objects to be fetched when they are missing",
    settings: [
      ["extensions.partialClone", "origin"],
      ["remote.origin.promisor", "true"],
      ["remote.origin.url", "ext::TRAP"],
      ["protocol.ext.allow", "always"],
      ["core.repositoryFormatVersion", "1"],
    ],
    prepare: async (repository) => {
      const blob = await git(repository, "rev-parse", "HEAD:a.txt");
      await Deno.remove(join(repository, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    },
  },
  {
    name: "programs of a remote",
    settings: [["remote.origin.url", "/nowhere"], ["remote.origin.uploadpack", "TRAP"], [
      "remote.origin.receivepack",
      "TRAP",
    ], ["remote.origin.vcs", "evil"]],
  },
  { name: "credential helper", settings: [["credential.helper", "!TRAP"], ["core.askPass", "TRAP"]] },
  {
    name: "pagers",
    settings: [["core.pager", "TRAP"], ["pager.status", "TRAP"], ["pager.log", "TRAP"], [
      "pager.worktree",
      "TRAP",
    ], ["pager.config", "TRAP"]],
  },
  { name: "editors", settings: [["core.editor", "TRAP"], ["sequence.editor", "TRAP"]] },
  {
    name: "aliases",
    settings: ["status", "worktree", "rev-parse", "log", "cat-file"].map((name) =>
      [`alias.${name}`, "!TRAP"] as const
    ),
  },
  {
    name: "signatures",
    settings: [["gpg.program", "TRAP"], ["gpg.ssh.program", "TRAP"], ["gpg.x509.program", "TRAP"], [
      "log.showSignature",
      "true",
    ], ["commit.gpgSign", "true"]],
    prepare: async (repository) => {
      // A commit that claims to be signed makes the log look at it.
      const commit = await git(repository, "cat-file", "commit", "HEAD");
      const signed = commit.replace(
        "\n\n",
        "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n",
      );
      await Deno.writeTextFile(join(repository, ".git/signed"), `${signed}\n`);
      const made = await git(repository, "hash-object", "-t", "commit", "-w", ".git/signed");
      await git(repository, "update-ref", "HEAD", made);
    },
  },
  {
    name: "submodule",
    settings: [
      ["submodule.recurse", "true"],
      ["submodule.evil.update", "!TRAP"],
      ["submodule.evil.url", "ext::TRAP"],
      ["submodule.evil.active", "true"],
      ["protocol.ext.allow", "always"],
    ],
    files: { ".gitmodules": '[submodule "evil"]\n path = sub\n url = ext::true\n update = !true\n' },
  },
  {
    name: "submodule with settings of its own",
    prepare: async (repository, program) => {
      await makeRepository(join(repository, "sub"));
      await git(join(repository, "sub"), "config", "core.fsmonitor", program);
      await put(repository, { ".gitmodules": '[submodule "sub"]\n path = sub\n url = ./sub\n' });
      await git(repository, "add", "sub", ".gitmodules");
      await git(repository, "commit", "-q", "-m", "sub");
      await put(repository, { "sub/a.txt": "changed\n" });
    },
  },
  {
    name: "hooks from settings",
    settings: [["hook.evil.command", "TRAP"], ["hook.evil.event", "post-checkout"], [
      "hook.evil2.command",
      "TRAP",
    ], ["hook.evil2.event", "reference-transaction"]],
  },
  {
    name: "programs for large files",
    files: { ".gitattributes": "* filter=lfs\n" },
    settings: [
      ["lfs.extension.x.clean", "TRAP"],
      ["lfs.extension.x.smudge", "TRAP"],
      ["lfs.customtransfer.x.path", "TRAP"],
      ["lfs.standalonetransferagent", "x"],
      ["filter.lfs.clean", "TRAP"],
      ["filter.lfs.smudge", "TRAP"],
      ["filter.lfs.process", "TRAP"],
    ],
  },
  {
    name: "tools that git can call",
    settings: [
      ["difftool.x.cmd", "TRAP"],
      ["diff.tool", "x"],
      ["mergetool.x.cmd", "TRAP"],
      ["man.x.cmd", "TRAP"],
      ["browser.x.cmd", "TRAP"],
      ["trailer.x.command", "TRAP"],
      ["tar.x.command", "TRAP"],
      ["interactive.diffFilter", "TRAP"],
      ["uploadpack.packObjectsHook", "TRAP"],
      ["core.alternateRefsCommand", "TRAP"],
    ],
  },
  {
    name: "maintenance",
    settings: [["gc.auto", "1"], ["gc.autoDetach", "false"], ["maintenance.auto", "true"], [
      "gc.recentObjectsHook",
      "TRAP",
    ]],
  },
  {
    name: "templates",
    settings: [["init.templateDir", "my-templates"]],
    prepare: (repository, program) => installHooks(join(repository, "my-templates/hooks"), program),
  },
  { name: "the work tree of somebody else", settings: [["core.worktree", "/"], ["core.fsmonitor", "TRAP"]] },
  {
    name: "a bare repository among the files",
    prepare: async (repository, program) => {
      await git(repository, "init", "-q", "--bare", "bare");
      await git(join(repository, "bare"), "config", "core.fsmonitor", program);
    },
  },
  {
    name: "a repository elsewhere",
    prepare: async (repository, program) => {
      await Deno.rename(join(repository, ".git"), join(repository, "elsewhere"));
      await put(repository, { ".git": "gitdir: elsewhere\n" });
      await git(repository, "config", "core.fsmonitor", program);
      await installHooks(join(repository, "elsewhere/hooks"), program);
    },
  },
  {
    name: "programs with the names of git's own",
    prepare: async (repository, program) => {
      for (
        const name of [
          "git",
          "sh",
          "less",
          "ssh",
          "git-status",
          "git-remote-ext",
          "git-remote-evil",
          "git-lfs",
        ]
      ) {
        await Deno.copyFile(program, join(repository, name));
        await Deno.chmod(join(repository, name), 0o755);
      }
      Deno.env.set("PATH", `.::${Deno.env.get("PATH")}:bin`);
    },
  },
  {
    name: "odd names",
    prepare: async (repository, program) => {
      const odd = [
        `$(${program})`,
        `;${program}`,
        `\`${program}\``,
        "--upload-pack=x",
        "-c core.pager=x",
        "a\nb",
        "|sh",
      ].map((name) => name.replaceAll("/", "_"));
      for (const name of odd) await Deno.writeTextFile(join(repository, name), name);
      const tip = await git(repository, "rev-parse", "HEAD");
      for (const name of ["$(id)", "`id`", ";id", "--exec=id", "-x"]) {
        await git(
          repository,
          "update-ref",
          `refs/heads/${name}`,
          tip,
        );
      }
      await git(repository, "symbolic-ref", "HEAD", "refs/heads/$(id)");
    },
  },
];
