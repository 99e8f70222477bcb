// Which program this is, from package.json: the one place where versions are kept.
import manifest from "../../package.json" with { type: "json" };

/** The version that `--version`, `/health` and the discovery file name. */
export const version: string = manifest.version;

/** XState is pinned exactly; its version is part of the machine version. */
export const xstateVersion: string = manifest.dependencies.xstate;
