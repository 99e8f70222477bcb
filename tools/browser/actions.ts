// What can be done in a browser, one function an action; each is bounded in time and ends in words.
import type { Locator, Page } from "playwright-core";
import { imageBytesMax } from "../../src/protocol/model_parts.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import type { ToolOutcome } from "../contract.ts";
import { cutMiddle } from "../cut.ts";
import { plainText } from "../plain_text.ts";
import { toMarkdown } from "../web/markdown.ts";
import { parseWebUrl } from "../web/web_url.ts";
import type { Chromium } from "./chromium.ts";
import type { BrowserArgs } from "./arguments.ts";

export const actionTimeoutMs = 10_000;
export const openTimeoutMs = 30_000;
export const readCharsMax = 60_000;
/** A page settles a moment after a click; what takes longer is seen by the next read. */
const settleMs = 1_500;
const clickPauseMs = 150;
const htmlCharsMax = 5 * 1024 * 1024;

export async function act(args: BrowserArgs, chromium: Chromium): Promise<ToolOutcome> {
  const page = await chromium.page();
  switch (args.action) {
    case "open":
      return await open(args.url, page, chromium);
    case "read":
      return await read(args.format ?? "outline", page);
    case "click":
      return await chromium.followingPages(() => click(args, page, chromium));
    case "type":
      return await type(args, page);
    case "screenshot":
      return await screenshot(args.full_page ?? false, page);
    case "back":
      await page.goBack({ timeout: openTimeoutMs, waitUntil: "domcontentloaded" });
      return await where("Went back", page);
    case "wait":
      return await wait(args, page);
    case "close":
      throw new Error("closing is not done in a page");
    default:
      return args satisfies never;
  }
}

async function open(text: string, page: Page, chromium: Chromium): Promise<ToolOutcome> {
  const url = parseWebUrl(text);
  const before = chromium.refusal();
  try {
    const response = await page.goto(url.href, { timeout: openTimeoutMs, waitUntil: "domcontentloaded" });
    const refusal = chromium.refusal();
    if (response?.status() === 403 && refusal !== null && refusal !== before) throw refusal;
    return await where(`Opened with status ${response?.status() ?? "unknown"}`, page);
  } catch (thrown) {
    // Its error page comes up late and would get in the way of the next page: that gets a tab of its own.
    await inTime(page.close(), settleMs).catch(() => {});
    const refusal = chromium.refusal();
    if (refusal !== null && refusal !== before) throw refusal;
    throw problemOf(`open "${url.href}"`, thrown);
  }
}

async function read(format: "outline" | "markdown", page: Page): Promise<ToolOutcome> {
  const title = plainText((await inTime(page.title(), actionTimeoutMs)).slice(0, 500));
  const text = format === "outline"
    ? await page.ariaSnapshot({ mode: "ai", timeout: actionTimeoutMs })
    : (await toMarkdown(
      (await inTime(page.content(), actionTimeoutMs)).slice(0, htmlCharsMax),
      new URL(page.url()),
    )).markdown;
  const { text: shown, cut } = cutMiddle(plainText(text), readCharsMax);
  return {
    status: "finished",
    output: `${page.url().slice(0, 2_000)}\n${title}\n\n${shown}`,
    truncated: cut,
  };
}

async function click(args: Target, page: Page, chromium: Chromium): Promise<ToolOutcome> {
  const target = targetOf(args, page);
  try {
    await target.click({ timeout: actionTimeoutMs });
  } catch (thrown) {
    throw problemOf(`click ${named(args)}`, thrown);
  }
  // What opens by a click opens a moment after it.
  await page.waitForTimeout(clickPauseMs).catch(() => {});
  return await where(`Clicked ${named(args)}`, await chromium.page());
}

async function type(
  args: { ref?: string; selector?: string; text: string; submit?: boolean },
  page: Page,
): Promise<ToolOutcome> {
  const target = targetOf({ ref: args.ref, selector: args.selector }, page);
  try {
    await target.fill(args.text, { timeout: actionTimeoutMs });
    if (args.submit) await target.press("Enter", { timeout: actionTimeoutMs });
  } catch (thrown) {
    throw problemOf(`type into ${named({ ref: args.ref, selector: args.selector })}`, thrown);
  }
  return await where(`Typed ${args.text.length} characters`, page);
}

async function screenshot(fullPage: boolean, page: Page): Promise<ToolOutcome> {
  const options = { fullPage, timeout: actionTimeoutMs, animations: "disabled", caret: "hide" } as const;
  let bytes: Uint8Array = await page.screenshot({ ...options, type: "png" });
  let type: "image/png" | "image/jpeg" = "image/png";
  if (bytes.length > imageBytesMax) {
    bytes = await page.screenshot({ ...options, type: "jpeg", quality: 60 });
    type = "image/jpeg";
  }
  if (bytes.length > imageBytesMax) {
    throw new Problem(
      "payload_too_large",
      "Cannot take the screenshot: it is too large, leave out full_page",
    );
  }
  const images = [{ media_type: type, data: new Uint8Array(bytes).toBase64() }];
  return {
    status: "finished",
    output: `Screenshot of ${page.url().slice(0, 2_000)}`,
    truncated: false,
    images,
  };
}

async function wait(
  args: { text?: string; selector?: string; ms?: number },
  page: Page,
): Promise<ToolOutcome> {
  const timeout = args.ms ?? actionTimeoutMs;
  if (args.text === undefined && args.selector === undefined) {
    await page.waitForTimeout(timeout);
    return await where(`Waited ${timeout} ms`, page);
  }
  try {
    await targetOf(args, page).waitFor({ state: "visible", timeout });
  } catch (thrown) {
    throw problemOf(`wait for ${named(args)}`, thrown);
  }
  return await where(`${named(args)} is there`, page);
}

interface Target {
  ref?: string | undefined;
  selector?: string | undefined;
  text?: string | undefined;
}

function targetOf({ ref, selector, text }: Target, page: Page): Locator {
  if (ref !== undefined) return page.locator(`aria-ref=${ref}`);
  if (selector !== undefined) return page.locator(selector).first();
  if (text !== undefined) return page.getByText(text).first();
  throw new Problem("bad_request", "Cannot find what is meant: give one of ref, selector or text");
}

function named({ ref, selector, text }: Target): string {
  return `"${ref ?? selector ?? text ?? ""}"`;
}

async function where(done: string, page: Page): Promise<ToolOutcome> {
  await page.waitForLoadState("domcontentloaded", { timeout: settleMs }).catch(() => {});
  const title = plainText((await inTime(page.title(), settleMs).catch(() => "")).slice(0, 500));
  const output = `${done}; the page is now ${page.url().slice(0, 2_000)} "${title}"`;
  return { status: "finished", output, truncated: false };
}

/** What has no limit of its own in the library: a page that never yields would be waited for until the tool's limit. */
async function inTime<Answer>(asked: Promise<Answer>, ms: number): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(ms)), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

const noAnswer = (ms: number): Problem =>
  new Problem("unavailable", `Cannot use the page: it does not answer within ${ms / 1_000} s`, {
    hint: 'use action "close", then open another page',
  });

/** The library's messages go on with a log of what it tried; the first line says it. */
function problemOf(what: string, thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const first = plainText(messageOf(thrown)).split("\n")[0]?.replace(/^[\w.]+: /, "").slice(0, 300) ?? "";
  return new Problem("unavailable", `Cannot ${what}: ${first}`, {
    hint: 'read the page to see what is there, refs change with every "read"',
  });
}
