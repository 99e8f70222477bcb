// Secret places: files that no tool may show and no command in the sandbox may read, whatever is allowed.

export interface SecretPlaces {
  /** Why the file at this absolute, real path is secret; null when it is not. */
  reasonFor(real: string): string | null;
  /** Absolute paths, files and folders, that exist now and are to be hidden from commands in this workspace. */
  hidden(workspace: string): Promise<readonly string[]>;
}

/** For programs that keep nothing secret, and for tests of other things. */
export const noSecrets: SecretPlaces = { reasonFor: () => null, hidden: () => Promise.resolve([]) };
