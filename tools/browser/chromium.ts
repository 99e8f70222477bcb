// A running Chromium: started by playwright-core over a pipe, behind the guarded door, and ended for sure.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { cleanEnvironment } from "../environment.ts";
import { endGroup, type GroupIdentity, identifyGroup } from "../process_group.ts";
import { findProcess } from "../process_table.ts";
import { openDoor } from "../web/guarded_door.ts";
import type { NetworkRules } from "../web/network_rules.ts";
import { findChromium } from "./chromium_path.ts";

const startTimeoutMs = 30_000;
const closeTimeoutMs = 3_000;
const killGraceMs = 500;
/** What one connection of a page may bring in. */
const connectionBytesMax = 256 * 1024 * 1024;
export const pagesMax = 8;
export const viewport = { width: 1280, height: 900 };

export interface ChromiumOptions {
  executable?: string | undefined;
  rules: NetworkRules;
}

export interface Chromium {
  /** The page that is worked with. */
  page(): Promise<Page>;
  /** A page that opens while `work` runs is the one to work with from then on; at other times such pages are closed. */
  followingPages<Result>(work: () => Promise<Result>): Promise<Result>;
  isRunning(): boolean;
  /** Why the last request of a page was refused. */
  refusal(): Problem | null;
  close(): Promise<void>;
}

export async function startChromium(options: ChromiumOptions): Promise<Chromium> {
  const executablePath = await findChromium(options.executable);
  // 3 MB of code: loaded when the first browser is.
  const { chromium } = await import("playwright-core");
  const door = openDoor({ rules: options.rules, bytesMax: connectionBytesMax });
  const marker = `JAMEY_BROWSER=${crypto.randomUUID()}`;
  const settings = await mkdtemp(join(tmpdir(), "jamey-browser-profile-"));
  const forget = () => rm(settings, { recursive: true, force: true }).catch(() => {});
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath,
      headless: true,
      chromiumSandbox: process.getuid?.() !== 0,
      // `<-loopback>` takes away Chromium's own rule that loopback is reached without a proxy.
      proxy: { server: door.url, bypass: "<-loopback>" },
      args: networkArguments,
      env: browserEnvironment(marker, settings),
      timeout: startTimeoutMs,
      // The daemon answers signals, and closes its browsers itself.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const group = await groupOf(browser, marker);
    const context = await browser.newContext({ acceptDownloads: false, viewport, serviceWorkers: "block" });
    return running({ browser, context, group, door, forget });
  } catch (thrown) {
    await browser?.close().catch(() => {});
    door.close();
    await forget();
    const why = messageOf(thrown).split("\n")[0]?.slice(0, 300);
    throw new Problem("unavailable", `Cannot start the browser "${executablePath}": ${why}`, {
      cause: thrown,
    });
  }
}

/** All ways to the network but the proxy are shut: names looked up by itself, QUIC, WebRTC, prefetches. */
const networkArguments = [
  "--disable-quic",
  "--dns-prefetch-disable",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--disable-features=WebRtcHideLocalIpsWithMdns,NetworkPrediction,AsyncDns,DnsOverHttps,Translate,MediaRouter",
  "--no-pings",
  "--disable-sync",
];

/** What the browser keeps beside its profile, such as crash reports, goes into `settings` and not to the user's own browser. */
function browserEnvironment(marker: string, settings: string): Record<string, string> {
  const [name = "", value = ""] = marker.split("=");
  const clean = Object.entries(cleanEnvironment(Deno.env.toObject())).filter(([key]) =>
    !/_PROXY$/i.test(key)
  );
  return {
    ...Object.fromEntries(clean),
    XDG_CONFIG_HOME: settings,
    XDG_CACHE_HOME: settings,
    // Where the other two say nothing, as on macOS.
    BREAKPAD_DUMP_LOCATION: settings,
    [name]: value,
  };
}

/** The browser's own process names the group to be ended; null where processes cannot be told apart. */
async function groupOf(browser: Browser, marker: string): Promise<GroupIdentity | null> {
  if (Deno.build.os === "windows") return null;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const main = processInfo.find(({ type }) => type === "browser");
  const row = main === undefined ? null : await findProcess(main.id);
  const own = await findProcess(process.pid);
  // A group that this process is in is never ended.
  if (row === null || row.group === own?.group) return null;
  return await identifyGroup(row.group, marker);
}

interface Parts {
  browser: Browser;
  context: BrowserContext;
  group: GroupIdentity | null;
  door: ReturnType<typeof openDoor>;
  /** Removes what the browser kept. */
  forget: () => Promise<void>;
}

function running({ browser, context, group, door, forget }: Parts): Chromium {
  let current: Page | undefined;
  let isFollowing = false;
  context.on("page", (page) => {
    // Dialogs would wait for somebody for ever.
    page.on("dialog", (dialog) => void dialog.dismiss().catch(() => {}));
    const isWanted = current === undefined || current.isClosed() || isFollowing;
    if (isWanted && context.pages().length <= pagesMax) current = page;
    else page.close().catch(() => {});
  });
  context.setDefaultTimeout(10_000);
  let closing: Promise<void> | undefined;
  const end = async () => {
    await Promise.race([
      browser.close().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, closeTimeoutMs)),
    ]);
    if (group !== null) await endGroup(group, { mayLeave: false, onlyMarked: false, graceMs: killGraceMs });
    door.close();
    await forget();
  };
  return {
    isRunning: () => closing === undefined && browser.isConnected(),
    refusal: () => door.refusal(),
    close: () => closing ??= end(),
    async page() {
      if (current === undefined || current.isClosed()) {
        current = context.pages().at(-1) ?? await context.newPage();
      }
      return current;
    },
    async followingPages(work) {
      isFollowing = true;
      try {
        return await work();
      } finally {
        isFollowing = false;
      }
    },
  };
}
