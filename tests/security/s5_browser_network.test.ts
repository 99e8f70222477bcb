// S5: a page in the browser, and whoever opens one, reaches nothing inside by any of the ways that browsers have.
import { createSocket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { browserTool, closeBrowsers } from "../../tools/browser/browser.ts";
import type { NetworkRules } from "../../tools/web/network_rules.ts";
import type { Tool } from "../../tools/contract.ts";
import { tally } from "../support/tally.ts";
import { hasChromium } from "../support/web_browser.ts";
import { startWebServer, type WebServer } from "../support/web_server.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "../tools/workspace.ts";

const withChromium = test.runIf(await hasChromium());
const secret = "inside-secret";
let space: TestWorkspace;
let canaries: WebServer[];
let site: WebServer;
let tool: Tool;
let attack = "";

beforeEach(async () => {
  space = await makeWorkspace();
  canaries = await Promise.all(["127.0.0.1", "::1"].map((address) =>
    startWebServer((_request, response) => {
      response.writeHead(200, { "access-control-allow-origin": "*" }).end(secret);
    }, address)
  ));
  site = await startWebServer((request, response) => {
    const to = /^\/to\?(.*)$/.exec(request.url ?? "")?.[1];
    if (to !== undefined) return void response.writeHead(302, { location: decodeURIComponent(to) }).end();
    response.writeHead(200, { "content-type": "text/html" }).end(
      `<title>begun</title><body><script>${attack}</script>`,
    );
  });
  const names: Record<string, string[]> = { "site.example": ["127.0.0.1"], "inside.example": ["127.0.0.1"] };
  const rules: NetworkRules = {
    allow: (_address, port) => port === site.port,
    resolve: (name) => Promise.resolve(names[name] ?? []),
  };
  tool = browserTool({ rules });
});
afterEach(async () => {
  await closeBrowsers();
  for (const server of [site, ...canaries]) await server.close();
  await space.remove();
});

const seen = () => canaries.reduce((sum, canary) => sum + canary.connections(), 0);
const browse = (args: { action: string; url?: string; [key: string]: unknown }) =>
  runTool(tool, JSON.parse(JSON.stringify(args)), space.context());
const inside = () => {
  const [four, six] = canaries.map(({ port }) => port);
  return [
    `127.0.0.1:${four}`,
    `localhost:${four}`,
    `[::1]:${six}`,
    `0.0.0.0:${four}`,
    `2130706433:${four}`,
    `0x7f.1:${four}`,
    `[::ffff:127.0.0.1]:${four}`,
    `inside.example:${four}`,
    `foo.localhost:${four}`,
    "169.254.169.254",
  ];
}; // dprint-ignore

withChromium(
  "a page reaches nothing inside: by script, picture, frame, socket, worker, redirect or prefetch",
  async () => {
    const udp = createSocket("udp4");
    let packets = 0;
    udp.on("message", () => packets++);
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    attack = `
    const hosts = ${JSON.stringify(inside())};
    const got = [], waits = [];
    const put = (tag, attribute, value, more = {}) => {
      const element = Object.assign(document.createElement(tag), more);
      element.setAttribute(attribute, value);
      document.body.append(element);
    };
    for (const host of hosts) {
      const url = "http://" + host + "/x";
      for (const target of [url, "/to?" + encodeURIComponent(url)]) {
        for (const mode of ["cors", "no-cors"]) {
          waits.push(fetch(target, { mode }).then((r) => r.text()).then((t) => got.push(t), () => {}));
        }
        put("img", "src", target); put("script", "src", target); put("iframe", "src", target);
        put("link", "href", target, { rel: "stylesheet" }); put("link", "href", target, { rel: "prefetch" });
        put("link", "href", target, { rel: "preconnect" }); put("video", "src", target); put("object", "data", target);
      }
      try { navigator.sendBeacon(url, "x"); } catch {}
      waits.push(new Promise((done) => {
        const socket = new WebSocket("ws://" + host + "/x");
        socket.onopen = () => got.push("socket"); socket.onclose = done;
      }));
      const events = new EventSource(url); events.onerror = () => events.close();
      const worker = new Worker(URL.createObjectURL(new Blob(["fetch('" + url + "').catch(() => {})"])));
      window.open(url);
    }
    try {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${udp.address().port}" }] });
      peer.createDataChannel("x"); peer.createOffer().then((offer) => peer.setLocalDescription(offer));
    } catch {}
    Promise.race([Promise.all(waits), new Promise((r) => setTimeout(r, 8000))]).then(() => {
      const done = document.createElement("p"); done.id = "done";
      done.textContent = "got " + got.filter((text) => text !== "").length; document.body.append(done);
    });`;
    await browse({ action: "open", url: `http://site.example:${site.port}/` });
    const ended = await browse({ action: "wait", selector: "#done", ms: 15_000 });
    expect(ended).toMatchObject({ status: "finished" });
    const page = await browse({ action: "read", format: "markdown" });
    udp.close();
    // Each host is tried in 22 ways, and by a packet besides.
    const [tried, escapes] = [inside().length * 22 + 1, seen() + packets];
    tally({ family: "S5", what: "ways out of a page", tried, refused: tried - escapes, escapes });
    expect(textOf(page)).toContain("got 0");
    expect(textOf(page)).not.toContain(secret);
    expect([seen(), packets]).toEqual([0, 0]);
    expect(site.requests.length).toBeGreaterThan(inside().length);
  },
  60_000,
);

withChromium(
  "no address inside is opened, asked for or redirected to, nor anything but the web",
  async () => {
    attack = "";
    const site_ = `http://site.example:${site.port}`;
    const urls = [
      ...inside().map((host) => `http://${host}/`),
      ...inside().map((host) => `${site_}/to?${encodeURIComponent(`http://${host}/`)}`),
      `${site_}/to?${encodeURIComponent("file:///etc/passwd")}`,
      `${site_}/to?${encodeURIComponent("data:text/html,secret")}`,
    ]; // dprint-ignore
    for (const url of urls) {
      expect(await browse({ action: "open", url }), url).toMatchObject({
        status: "failed",
      });
    }
    for (
      const url of [
        "file:///etc/passwd",
        "chrome://version",
        "data:text/html,x",
        "javascript:1",
        "about:blank",
      ]
    ) {
      expect(textOf(await browse({ action: "open", url }))).toContain("is not http or https");
    }
    // What failed before does not stand in the way of what is allowed.
    const last = await browse({ action: "open", url: `${site_}/` });
    expect(last, JSON.stringify(last)).toMatchObject({ status: "finished" });
    const [tried, escapes] = [urls.length, seen()];
    tally({
      family: "S5",
      what: "addresses opened in the browser",
      tried,
      refused: tried - escapes,
      escapes,
    });
    expect(escapes).toBe(0);
  },
  60_000,
);

withChromium("a page that goes to an inside address by itself shows nothing of it", async () => {
  attack = `location.href = "http://127.0.0.1:${canaries[0]?.port}/"`;
  await browse({ action: "open", url: `http://site.example:${site.port}/` });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const outcome = await browse({ action: "read", format: "markdown" });
  expect(textOf(outcome)).not.toContain(secret);
  expect(seen()).toBe(0);
});
