// The kinds of files that Grep's `type` names, as ripgrep names them: the endings that belong to each.

const endings = {
  c: "c h",
  cpp: "cpp cc cxx hpp hh hxx h inl",
  cs: "cs",
  css: "css scss",
  go: "go",
  html: "html htm",
  java: "java",
  js: "js jsx mjs cjs vue",
  json: "json",
  kotlin: "kt kts",
  lua: "lua",
  md: "md markdown mdx",
  php: "php",
  py: "py pyi",
  ruby: "rb gemspec",
  rust: "rs",
  sh: "sh bash zsh",
  sql: "sql",
  swift: "swift",
  toml: "toml",
  ts: "ts tsx mts cts",
  txt: "txt",
  xml: "xml xsd xsl",
  yaml: "yaml yml",
} as const;
export type FileType = keyof typeof endings;

export const fileTypes = Object.keys(endings) as FileType[]; // The keys of a record by its own type.

export function isOfType(path: string, type: FileType): boolean {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1];
  return ending !== undefined && endings[type].split(" ").includes(ending);
}
