// Protected places: files of a workspace by which something may later run code or change what is asked. A general allowance,
// of a rule, a mode or a standing answer, covers none of them.

const folders = new Set([
  ".git",
  ".husky",
  ".jamey",
  ".claude",
  ".agents",
  ".vscode",
  ".idea",
  ".devcontainer",
]);
const files = new Set([
  ".mcp.json",
  ".envrc",
  ".gitmodules",
  ".gitconfig",
  ".bashrc",
  ".bash_profile",
  ".profile",
  ".zshrc",
  ".zprofile",
  ".zshenv",
]);

/** The same for an absolute path, whatever the folder that is worked in is called itself. */
export function isProtectedIn(path: string, roots: readonly string[]): boolean {
  const inside = roots.filter((root) => path.startsWith(`${root}/`) || path.startsWith(`${root}\\`));
  const nearest = inside.sort((a, b) => b.length - a.length)[0] ?? "";
  return isProtected(path.slice(nearest.length));
}

/** Whether a path leads into a protected place, by its names and in whatever case: see what the path really is first. */
export function isProtected(path: string): boolean {
  const parts = path.split(/[\\/]+/).map(folded);
  return parts.some((part) => folders.has(part)) || files.has(parts.at(-1) ?? "");
}

/** The name that a file system may take it for: some know no case and pass over marks, others drop dots and spaces at the end. */
function folded(name: string): string {
  const plain = name.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "").toLowerCase();
  const bare = plain.replace(/:.*$/s, "").replace(/[. ]+$/, "");
  return /^git~\d$/.test(bare) ? ".git" : bare;
}
