// Secret places: files that no tool may show and no command in the sandbox may read, whatever is allowed.

/** What the system says of an open file: a second name (hard link) of a secret is told by it. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

export interface SecretPlaces {
  /** Why the file at this absolute, real path is secret; null when it is not. */
  reasonFor(real: string): string | null;
  /** Why this file is secret under another of its names. For files that have several; looks at the known secrets. */
  reasonForLinked(file: FileIdentity, workspace: string): Promise<string | null>;
  /**
   * Absolute paths, files and folders, that exist now and are to be hidden from commands in this workspace; `roots` are
   * further folders in which they may read and write. Kept for a few seconds.
   */
  hidden(workspace: string, roots?: readonly string[]): Promise<readonly string[]>;
}

/** For programs that keep nothing secret, and for tests of other things. */
export const noSecrets: SecretPlaces = {
  reasonFor: () => null,
  reasonForLinked: () => Promise.resolve(null),
  hidden: () => Promise.resolve([]),
};
