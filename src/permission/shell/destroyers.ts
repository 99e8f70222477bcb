// Programs that destroy, and what each would destroy with these words: places to be judged, or a reason at once.

export type Destroyer = (args: readonly string[]) =>
  | string
  /** `what` it does to the targets, in words; `fromInput`: further targets come from its input. */
  | { what: string; targets: readonly string[]; fromInput?: boolean }
  | null;

export const destroyers: ReadonlyMap<string, Destroyer> = new Map<string, Destroyer>([
  ["rm", remove],
  ["grm", remove],
  ["xargs", (args) => fromInput(args)],
  ["parallel", (args) => fromInput(args)],
  ["find", find],
  ["git", git],
  [
    "dd",
    (args) => ({
      what: "writes over",
      targets: args.flatMap((arg) => arg.startsWith("of=") ? [arg.slice(3)] : []),
    }),
  ],
  ["mkfs", () => "mkfs makes a new file system over an old one"],
  ["wipefs", () => "wipefs erases what a disk is"],
  ["blkdiscard", () => "blkdiscard throws a disk's content away"],
  ["shred", () => "shred destroys content for good"],
  ["srm", () => "srm destroys content for good"],
  ["fdisk", changesDisk("fdisk", /^-[lxsV]|^--list/)],
  ["sfdisk", changesDisk("sfdisk", /^-[ldJVsg]|^--(list|dump|json|verify|show)/)],
  ["sgdisk", changesDisk("sgdisk", /^-[piv]$|^--(print|info|verify)/)],
  ["parted", changesDisk("parted", /^-l$|^--list$|^print$/)],
  ["mkswap", () => "mkswap writes over what was there"],
  [
    "cryptsetup",
    (args) => args.some((arg) => /^(luks)?(Format|erase|Erase)/i.test(arg)) ? "cryptsetup erases keys" : null,
  ],
  ["lvremove", () => "lvremove destroys a volume"],
  ["vgremove", () => "vgremove destroys a group of volumes"],
  ["pvremove", () => "pvremove destroys a physical volume"],
  ["zpool", (args) => args.includes("destroy") ? "zpool destroy throws a pool away" : null],
  ["zfs", (args) => args.includes("destroy") ? "zfs destroy throws a file system away" : null],
  ["btrfs", (args) => args.includes("delete") ? "btrfs delete throws a subvolume away" : null],
  [
    "diskutil",
    (args) =>
      args.some((arg) => /^(erase|partition|zero|secureErase|reformat)/i.test(arg))
        ? "diskutil erases"
        : null,
  ],
  [
    "hdparm",
    (args) => args.some((arg) => /security-erase|trim-sector/.test(arg)) ? "hdparm erases a disk" : null,
  ],
  ["nvme", (args) => args.some((arg) => /^(format|sanitize)$/.test(arg)) ? "nvme erases a disk" : null],
  ["crontab", (args) => args.includes("-r") ? "crontab -r removes every timed job" : null],
  ["truncate", (args) => ({ what: "cuts", targets: operands(args).filter(isFarAway) })],
  ["mv", (args) => ({ what: "moves away", targets: operands(args).slice(0, -1) })],
  [
    "chmod",
    (args) =>
      recursive(args) ? { what: "changes the rights of all of", targets: operands(args).slice(1) } : null,
  ],
  [
    "chown",
    (args) =>
      recursive(args) ? { what: "changes the owner of all of", targets: operands(args).slice(1) } : null,
  ],
  [
    "chgrp",
    (args) =>
      recursive(args) ? { what: "changes the group of all of", targets: operands(args).slice(1) } : null,
  ],
  [
    "setfacl",
    (args) => recursive(args) ? { what: "changes the rights of all of", targets: operands(args) } : null,
  ],
  ["chattr", (args) => recursive(args) ? { what: "changes all of", targets: operands(args).slice(1) } : null],
  ["rsync", (args) => args.some((arg) => /^--(delete|del\b|remove-source)/.test(arg)) ? rsync(args) : null],
  [
    "cp",
    (args) => ({
      what: "writes over",
      targets: operands(args).slice(-1).filter((arg) => arg.startsWith("/dev/")),
    }),
  ],
  [
    "tee",
    (args) => ({ what: "writes over", targets: operands(args).filter((arg) => arg.startsWith("/dev/")) }),
  ],
]);

function remove(args: readonly string[]): ReturnType<Destroyer> {
  if (args.some((arg) => "--no-preserve-root".startsWith(arg) && arg.length > 5)) {
    return "rm would not even spare the root";
  }
  // The `{}` of find stands for what find finds: its own words say where.
  return recursive(args) ? { what: "removes", targets: operands(args).filter((arg) => arg !== "{}") } : null;
}

/** `-r` and `-R` among other letters, and `--recursive` however short. */
function recursive(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) =>
    /^-[A-Za-z]*[rR]/.test(arg) || (arg.length > 3 && "--recursive".startsWith(arg))
  );
}

function operands(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const before = (end < 0 ? args : args.slice(0, end)).filter((arg) => !arg.startsWith("-"));
  return end < 0 ? before : [...before, ...args.slice(end + 1)];
}

/** `xargs rm -r`: what is removed is in the input. */
function fromInput(args: readonly string[]): ReturnType<Destroyer> {
  const at = args.findIndex((arg) => /(^|\/)rm$/.test(arg));
  if (at < 0 || !recursive(args.slice(at))) return null;
  return {
    what: "removes",
    targets: operands(args.slice(at + 1)).filter((arg) => arg !== "{}"),
    fromInput: true,
  };
}

/** Tests that keep `find -delete` to a part of what it finds. */
const narrowing =
  /^-(i?name|i?path|i?wholename|i?regex|newer\w*|[acm](time|min|newer)|size|empty|user|group|inum|perm|links|samefile)$/;

/** Whether these words of find keep it to a part of what there is. */
export function narrows(args: readonly string[]): boolean {
  return args.some((arg, index) => narrowing.test(arg) && args[index + 1] !== "*");
}

function find(args: readonly string[]): ReturnType<Destroyer> {
  const removes = args.includes("-delete") ||
    args.some((arg, index) =>
      /^-(exec|ok)(dir)?$/.test(arg) && /(^|\/)(rm|shred|unlink)$/.test(args[index + 1] ?? "")
    );
  if (!removes) return null;
  const first = args.findIndex((arg) => /^[-(!]/.test(arg) && !/^-[HLPDO]/.test(arg));
  const starts = (first < 0 ? args : args.slice(0, first)).filter((arg) => !arg.startsWith("-"));
  const targets = starts.length === 0 ? ["."] : starts;
  const isNarrow = narrows(args);
  // Below the workspace a name is enough to say what is meant; elsewhere nothing is.
  return {
    what: "removes what it finds in",
    targets: isNarrow ? targets.filter((path) => !/^\.\/?$/.test(path)) : targets,
  };
}

function git(args: readonly string[]): ReturnType<Destroyer> {
  const [subcommand, ...rest] = args;
  const has = (pattern: RegExp) => rest.some((arg) => pattern.test(arg));
  if (subcommand === "clean") {
    const onlySays = has(/^-[a-zA-Z]*n/) || has(/^--dry/);
    return !onlySays && (has(/^-[a-zA-Z]*f/) || has(/^--f/))
      ? "git clean removes files that git does not know and cannot bring back"
      : null;
  }
  if (subcommand === "reset" && has(/^--h/)) {
    return "git reset --hard throws away changes that are not committed";
  }
  return null;
}

function rsync(args: readonly string[]): ReturnType<Destroyer> {
  return { what: "removes from", targets: operands(args).slice(-1) };
}

function changesDisk(name: string, reads: RegExp): Destroyer {
  return (args) =>
    args.length === 0 || args.some((arg) => reads.test(arg)) ? null : `${name} changes what is on a disk`;
}

/** Not a file below the folder it runs in. */
function isFarAway(path: string): boolean {
  return /^[/~]|^\.\.|^[^A-Za-z0-9_./~-]|[*?]/.test(path);
}
