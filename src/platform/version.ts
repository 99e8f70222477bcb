// The version of this program; a test keeps it equal to the one in package.json.

/** The version that `--version`, `/health` and the discovery file name. */
export const version = "0.1.0";
