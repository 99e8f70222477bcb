// Where whoever manages this machine puts settings that hold for all its users. Pure: the caller gives the system and the
// environment.
import { posix, win32 } from "node:path";

const [folder, name] = ["jamey-code", "managed.toml"];

/** The absolute path of the file, whether it is there or not. No variable of the user's moves it on Linux and macOS. */
export function managedFile(os: string, env: (name: string) => string | undefined): string {
  if (os === "darwin") return posix.join("/Library/Application Support", folder, name);
  if (os !== "windows") return posix.join("/etc", folder, name);
  const data = env("ProgramData") ?? "";
  return win32.join(win32.isAbsolute(data) ? data : "C:\\ProgramData", folder, name);
}
