// Whether this machine has a Chromium; tests that need one say so when it has none.
import { findChromium } from "../../tools/browser/chromium_path.ts";

export async function hasChromium(): Promise<boolean> {
  const found = await findChromium(undefined).then(() => true, () => false);
  if (!found) console.log("No Chromium on this machine: the tests that need one are left out");
  return found;
}
