import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { browserTool, closeBrowsers } from "../../tools/browser/browser.ts";
import type { Tool, ToolOutcome } from "../../tools/contract.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { hasChromium } from "../support/web_browser.ts";
import { pages, startWebServer, type WebServer } from "../support/web_server.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace, textOf } from "./workspace.ts";

const withChromium = test.runIf(await hasChromium());
const form = `<title>Form</title><h1>Order</h1><label>Name <input id="name"></label>
<button onclick="document.querySelector('p').textContent = 'Hello ' + document.querySelector('#name').value">Greet</button>
<p>nothing yet</p><a href="/next">Next page</a><a href="/next" target="_blank">In a new tab</a><script>onkeydown = (e) => { if (e.key === "Enter") document.title = "entered" }</script>`;

/** Where the browsers of this file keep their profiles: so their processes are told from those of other tests. */
const folder = await realpath(await mkdtemp(join(tmpdir(), "jamey-browser-")));
const usualFolder = Deno.env.get("TMPDIR");
Deno.env.set("TMPDIR", folder);

let space: TestWorkspace;
let site: WebServer;
let tool: Tool;
beforeEach(async () => {
  space = await makeWorkspace();
  site = await startWebServer(pages({
    "/": { type: "text/html", body: form },
    "/next": { type: "text/html", body: "<title>Next</title><h1>You arrived</h1>" },
    "/dialog": { type: "text/html", body: "<title>Dialog</title><script>alert('hi')</script><p>after" },
    "/hang": {
      type: "text/html",
      body: "<title>Hang</title><p>x</p><script>onload = () => setTimeout(() => { for (;;); })</script>",
    },
    "/popups": {
      type: "text/html",
      body: "<title>Popups</title><script>for (let i = 0; i < 30; i++) open('/next')</script>",
    },
    "/file": { type: "application/zip", body: "zip" },
  }));
  const port = site.port;
  tool = browserTool({ rules: { allow: (_address, at) => at === port } });
});
afterEach(async () => {
  await closeBrowsers();
  await site.close();
  await space.remove();
});
afterAll(async () => {
  expect(await processesWith(folder)).toEqual([]);
  const left = (await readdir(folder)).filter((name) => name.includes("profile"));
  if (usualFolder === undefined) Deno.env.delete("TMPDIR");
  else Deno.env.set("TMPDIR", usualFolder);
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

withChromium(
  "the browser leaves nothing in the folder where the user's own browser keeps its settings",
  async () => {
    const own = join(space.outside, "config");
    const before = [Deno.env.get("HOME"), Deno.env.get("XDG_CONFIG_HOME")];
    try {
      Deno.env.set("HOME", space.outside);
      Deno.env.set("XDG_CONFIG_HOME", own);
      expect(textOf(await browse({ action: "open", url: `${site.origin}/next` }))).toContain("Next");
      await closeBrowsers();
      expect(await readdir(space.outside)).toEqual([]);
    } finally {
      for (const [index, name] of ["HOME", "XDG_CONFIG_HOME"].entries()) {
        const value = before[index];
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  },
);

const browse = (args: JsonObject): Promise<ToolOutcome> => runTool(tool, args, space.context());
const chromiums = async () => (await processesWith(folder)).length;

withChromium("a page is opened, read as an outline, typed into and clicked by ref", async () => {
  expect(textOf(await browse({ action: "open", url: site.origin }))).toContain(
    `Opened with status 200; the page is now ${site.origin}/ "Form"`,
  );
  const outline = textOf(await browse({ action: "read" }));
  const ref = (what: RegExp) => what.exec(outline)?.[1] ?? "";
  expect(await browse({ action: "type", ref: ref(/textbox "Name".*\[ref=(\w+)\]/), text: "Ada" }))
    .toMatchObject({
      status: "finished",
    });
  expect(await browse({ action: "click", ref: ref(/button "Greet".*\[ref=(\w+)\]/) })).toMatchObject({
    status: "finished",
  });
  expect(textOf(await browse({ action: "read", format: "markdown" }))).toContain("Hello Ada");
});

withChromium("elements are found by selector and by text, links lead on, and back leads back", async () => {
  await browse({ action: "open", url: site.origin });
  expect(textOf(await browse({ action: "type", selector: "#name", text: "x", submit: true }))).toContain(
    '"entered"',
  );
  expect(textOf(await browse({ action: "click", text: "Next page" }))).toContain(
    `${site.origin}/next "Next"`,
  );
  expect(textOf(await browse({ action: "wait", text: "You arrived" }))).toContain("is there");
  expect(textOf(await browse({ action: "back" }))).toContain('"Form"');
});

withChromium("a page that opens by a click is followed; one that opens by itself is closed", async () => {
  await browse({ action: "open", url: `${site.origin}/popups` });
  await browse({ action: "wait", ms: 300 });
  expect(textOf(await browse({ action: "read" }))).toContain("Popups");
  await browse({ action: "open", url: site.origin });
  expect(textOf(await browse({ action: "click", text: "In a new tab" }))).toContain(
    `${site.origin}/next "Next"`,
  );
});

withChromium("a screenshot is a picture of the page", async () => {
  await browse({ action: "open", url: site.origin });
  const outcome = await browse({ action: "screenshot" });
  if (outcome.status !== "finished") throw new Error(textOf(outcome));
  const [image] = outcome.images ?? [];
  const bytes = Uint8Array.fromBase64(image?.data ?? "");
  expect([image?.media_type, ...bytes.subarray(1, 4)]).toEqual(["image/png", 80, 78, 71]);
  const size = new DataView(bytes.buffer).getUint32(16);
  expect(size).toBe(1280);
});

withChromium("what is not there is a failure in time that says what to do", async () => {
  await browse({ action: "open", url: site.origin });
  expect(textOf(await browse({ action: "wait", selector: "#missing", ms: 200 }))).toMatch(
    /^Cannot wait for "#missing": .*; read the page/,
  );
  expect(textOf(await browse({ action: "click" }))).toContain("give one of ref, selector or text");
  expect(textOf(await browse({ action: "open" }))).toContain('"url" is missing');
  expect(textOf(await browse({ action: "click", ref: "1; drop" }))).toContain('"ref" is missing or wrong');
});

withChromium("a dialog does not stop the page, and a download is refused", async () => {
  expect(await browse({ action: "open", url: `${site.origin}/dialog` })).toMatchObject({
    status: "finished",
  });
  expect(textOf(await browse({ action: "read", format: "markdown" }))).toContain("after");
  expect(await browse({ action: "open", url: `${site.origin}/file` })).toMatchObject({ status: "failed" });
});

withChromium("a page that never yields is left at the time limit, and the next page opens", async () => {
  // It may yield once more, and say its title.
  expect(textOf(await browse({ action: "open", url: `${site.origin}/hang` }))).toMatch(
    /^Opened with status 200; .*\/hang "(Hang)?"$/,
  );
  expect(textOf(await browse({ action: "read" }))).toContain("it does not answer within 10 s");
  expect(await browse({ action: "click", selector: "p" })).toMatchObject({ status: "failed" });
  await browse({ action: "close" });
  expect(await browse({ action: "open", url: site.origin })).toMatchObject({ status: "finished" });
}, 60_000);

withChromium("a crashed browser is a failure, and the next page gets a new one", async () => {
  await browse({ action: "open", url: site.origin });
  for (const pid of await processesWith(folder)) {
    try {
      Deno.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended with the one before it.
    }
  }
  const lost = await browse({ action: "read" });
  expect(textOf(lost)).toMatch(/the browser crashed, open the page again|no page is open/);
  expect(await browse({ action: "open", url: site.origin })).toMatchObject({ status: "finished" });
});

withChromium("closing ends every process of the browser, and so does being idle", async () => {
  await browse({ action: "open", url: site.origin });
  expect(await chromiums()).toBeGreaterThan(0);
  expect(textOf(await browse({ action: "close" }))).toBe("Closed the browser");
  expect(await chromiums()).toBe(0);
  expect(textOf(await browse({ action: "read" }))).toContain("no page is open");
  expect(textOf(await browse({ action: "close" }))).toBe("No browser was open");
  const port = site.port;
  tool = browserTool({ rules: { allow: (_address, at) => at === port }, idleMs: 200 });
  await browse({ action: "open", url: site.origin });
  for (let poll = 0; poll < 100 && await chromiums() > 0; poll++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await chromiums()).toBe(0);
});

withChromium("a cancelled action is interrupted", async () => {
  await browse({ action: "open", url: site.origin });
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 100);
  const args = { action: "wait", selector: "#never", ms: 2_000 };
  expect(await runTool(tool, args, space.context({ signal: cancel.signal }))).toMatchObject({
    status: "interrupted",
  });
});

test("without a Chromium the message says how to get one", async () => {
  tool = browserTool({ executable: "/nonexistent/chromium" });
  const text = textOf(await browse({ action: "open", url: site.origin }));
  expect(text).toContain('there is no file "/nonexistent/chromium"');
  expect(text).toContain("set browser.executable in runtime.toml");
});

test("a person is asked for all but looking; opening is granted by host, everything else by action", () => {
  const grantOf = (args: JsonObject) => {
    const parsed = tool.parse(args);
    return parsed.ok ? parsed.call.grant : parsed.error;
  };
  const asks = (action: string) => {
    const parsed = tool.parse({ action });
    return parsed.ok && parsed.call.requiresConfirmation;
  };
  expect(["read", "screenshot", "back"].map(asks)).toEqual([false, false, true]);
  expect(grantOf({ action: "open", url: "https://a.example/x" })).toBe("Browser(domain:a.example)");
  expect(grantOf({ action: "click", text: "Buy" })).toBe("Browser(click)");
});
