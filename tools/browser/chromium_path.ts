// Where Chromium is on this machine: what the user configured, or the usual places.
import { stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Problem } from "../../src/protocol/problem.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const usual: Readonly<Record<string, readonly string[]>> = {
  linux: ["/usr/bin", "/usr/local/bin", "/snap/bin"].flatMap((folder) =>
    names.map((name) => join(folder, name))
  ),
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  windows: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};
const foldersMax = 100;

export async function findChromium(configured: string | undefined): Promise<string> {
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).slice(0, foldersMax).filter((path) =>
    path !== ""
  );
  const found = configured === undefined
    ? [...usual[Deno.build.os] ?? [], ...folders.flatMap((folder) => names.map((name) => join(folder, name)))]
    : [configured];
  for (const path of found) {
    if (await stat(path).then((facts) => facts.isFile(), () => false)) return path;
  }
  const what = configured === undefined ? "no Chromium was found" : `there is no file "${configured}"`;
  throw new Problem("unavailable", `Cannot open a browser: ${what}`, {
    hint: 'install Chromium (on Debian: "apt install chromium"), or set browser.executable in runtime.toml',
  });
}
