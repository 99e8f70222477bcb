// S5: no way of writing an address, no name and no redirect leads a fetch to where only this machine or its network is.
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressKind } from "../../tools/web/address.ts";
import type { NetworkRules } from "../../tools/web/network_rules.ts";
import { webTools } from "../../tools/web/web_tools.ts";
import { tally } from "../support/tally.ts";
import { startWebServer, type WebServer } from "../support/web_server.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "../tools/workspace.ts";

const secret = "inside-secret";
let space: TestWorkspace;
/** What must not be reached: on loopback, by both families. */
let canaries: WebServer[];
beforeEach(async () => {
  space = await makeWorkspace();
  canaries = await Promise.all(
    ["127.0.0.1", "::1"].map((address) =>
      startWebServer((_request, response) => response.end(secret), address)
    ),
  );
});
afterEach(async () => {
  for (const canary of canaries) await canary.close();
  await space.remove();
});

const port = () => canaries[0]?.port ?? 0;
const port6 = () => canaries[1]?.port ?? 0;
const seen = () => canaries.reduce((sum, canary) => sum + canary.connections(), 0);

/** Whatever reached a canary has escaped. */
function count(what: string, tried: number): void {
  const escapes = seen();
  tally({ family: "S5", what, tried, refused: tried - escapes, escapes });
  expect(escapes).toBe(0);
}

async function attempt(url: string, rules: NetworkRules = {}): Promise<string> {
  const [tool] = webTools({ rules });
  if (tool === undefined) throw new Error("there is no WebFetch");
  const outcome = await runTool(tool, { url }, space.context());
  expect(outcome, url).toMatchObject({ status: "failed" });
  return textOf(outcome);
}

/** Addresses that are this machine, a private network, or where clouds keep keys, in every way of writing. */
const insideHosts = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.127.127.127",
  "127.255.255.254",
  "0.0.0.0",
  "0",
  "0.1.2.3",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "0x7f.0x0.0x0.0x1",
  "017700000001",
  "0177.0.0.1",
  "0177.0.0.01",
  "00000177.1",
  "127。0。0。1",
  "①②⑦.0.0.1",
  "127.0.0.1.",
  "%31%32%37.0.0.1",
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.168.255.255",
  "169.254.169.254",
  "0xa9fea9fe",
  "2852039166",
  "0251.0376.0251.0376",
  "169.254.170.2",
  "100.64.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "192.0.0.1",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "[::]",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:169.254.169.254]",
  "[::127.0.0.1]",
  "[::ffff:0:127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::a9fe:a9fe]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2002:a9fe:a9fe::1]",
  "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
  "[fe80::1]",
  "[fec0::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fd12:3456::1]",
  "[ff02::1]",
  "[2001:db8::1]",
  "[100::1]",
  "[5f00::1]",
]; // dprint-ignore

test("no way of writing an inside address reaches it", async () => {
  let tried = 0;
  for (const host of insideHosts) {
    for (const at of [port(), port6()]) {
      const text = await attempt(`http://${host}:${at}/latest/meta-data/`);
      // Refused before anything is connected: a connection that fails would say something else.
      expect(text).toMatch(/^Cannot use |it is an address of this machine/);
      tried++;
    }
  }
  expect(tried / 2).toBeGreaterThanOrEqual(60);
  count("inside addresses, in every way of writing", tried);
});

test("no name that leads inside is followed, whichever of its addresses it is", async () => {
  const names: Record<string, string[]> = {
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "localtest.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "zone.example": ["fe80::1%lo"],
    "metadata.example": ["169.254.169.254"],
    "xn--mnchen-3ya.example": ["10.0.0.1"],
    "odd.example": ["not an address"],
    "many.example": Array.from({ length: 33 }, () => "93.184.215.14"),
  };
  const resolve = (name: string) => Promise.resolve(names[name] ?? []);
  const hosts = [...Object.keys(names), "münchen.example", "nothing.example"];
  for (const host of hosts) {
    expect(await attempt(`http://${host}:${port()}/`, { resolve })).toMatch(/Cannot (reach|find) /);
  }
  for (const host of ["localhost", "localhost.", "LOCALHOST", "ip6-localhost"]) {
    expect(await attempt(`http://${host}:${port()}/`)).toMatch(/Cannot (reach|find) /);
  }
  count("names that lead inside", hosts.length + 4);
});

test("only http and https are fetched, and no address with a user name or password", async () => {
  const urls = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/x",
    "data:text/plain,x",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
    "blob:http://127.0.0.1/x",
    "ws://127.0.0.1/",
    "dict://127.0.0.1/",
    "about:blank",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
    `http://user@127.0.0.1:${port()}/`,
    `http://user:pass@127.0.0.1:${port()}/`,
    `http://example.com@127.0.0.1:${port()}/`,
    `http://example.com:80@127.0.0.1:${port()}/`,
    "http://[::1",
    "http://exa mple/",
  ]; // dprint-ignore
  for (const url of urls) expect(await attempt(url)).toMatch(/Cannot (use|run)/);
  count("addresses of other kinds, or with a password", urls.length);
});

test("a redirect is checked as if it were asked for: none leads inside", async () => {
  const inside = () => [
    `http://127.0.0.1:${port()}/`,
    `http://[::1]:${port6()}/`,
    `//127.0.0.1:${port()}/`,
    "file:///etc/passwd",
    `http://2130706433:${port()}/`,
    "http://169.254.169.254/latest/",
    `http://user@127.0.0.1:${port()}/`,
  ]; // dprint-ignore
  for (const location of inside()) {
    const outer = await startWebServer((_request, response) => response.writeHead(302, { location }).end());
    // The name is the server's own and stays allowed; only what it points to is not.
    const rules: NetworkRules = {
      allow: (_address, at) => at === outer.port,
      resolve: (name) => Promise.resolve(name === "outer.example" ? ["127.0.0.1"] : []),
    };
    const [tool] = webTools({ rules });
    const outcome = tool &&
      await runTool(tool, { url: `http://outer.example:${outer.port}/` }, space.context());
    expect(JSON.stringify(outcome)).not.toContain(secret);
    await outer.close();
  }
  count("redirects that lead inside", inside().length);
});

test("a name that leads elsewhere at the second look leads nowhere", async () => {
  let looks = 0;
  const flip = () => Promise.resolve(++looks === 1 ? ["127.0.0.2"] : ["127.0.0.1"]);
  // Allowed at first: another loopback address, where a server redirects to the same name at the canary's port.
  const first = await startWebServer((_request, response) => {
    response.writeHead(302, { location: `http://flip.example:${port()}/` }).end();
  }, "127.0.0.2");
  const rules: NetworkRules = { resolve: flip, allow: (address) => address === "127.0.0.2" };
  expect(await attempt(`http://flip.example:${first.port}/`, rules)).toContain("Cannot reach");
  expect([first.requests.length, looks]).toEqual([1, 2]);
  await first.close();
  count("a name that leads elsewhere at the second look", 1);
});

test("each request looks a name up once, and connects to what it then was", async () => {
  let looks = 0;
  const resolve = () => Promise.resolve(++looks === 1 ? ["127.0.0.2"] : ["127.0.0.1"]);
  const outer = await startWebServer((_request, response) => response.end("outside"), "127.0.0.2");
  const [tool] = webTools({ rules: { resolve, allow: (address) => address === "127.0.0.2" } });
  const outcome = tool && await runTool(tool, { url: `http://flip.example:${outer.port}/` }, space.context());
  expect(outcome).toMatchObject({ status: "finished", output: expect.stringContaining("outside") });
  expect([looks, seen()]).toEqual([1, 0]);
  await outer.close();
});

test("the environment of the daemon opens no way around: neither NO_PROXY nor a proxy of its own", async () => {
  const names = ["NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"];
  for (const name of names) {
    Deno.env.set(
      name,
      /no_proxy/i.test(name) ? "*,127.0.0.1,localhost" : `http://user:pass@127.0.0.1:${port()}`,
    );
  }
  try {
    await attempt(`http://127.0.0.1:${port()}/`);
    await attempt(`http://localhost:${port()}/`);
    expect(Deno.env.get("NO_PROXY")).toBe("*,127.0.0.1,localhost");
  } finally {
    for (const name of names) Deno.env.delete(name);
  }
  count("proxies of the environment", 2);
});

test("public addresses are public, also inside NAT64 and mapped ones", () => {
  const open = [
    "93.184.215.14",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
  ];
  expect(open.map(addressKind)).toEqual(open.map(() => "public"));
});

test("a user's setting opens private networks, and never cloud metadata", async () => {
  const [tool] = webTools({ allowPrivate: true });
  const get = (url: string) => tool && runTool(tool, { url }, space.context());
  expect(await get(`http://127.0.0.1:${port()}/`)).toMatchObject({ status: "finished" });
  const never = [
    "169.254.169.254",
    "100.100.100.200",
    "fd00:ec2::254",
    "0.0.0.0",
    "168.63.129.16",
    "64:ff9b::a83f:8110",
  ];
  expect(never.map(addressKind)).toEqual(never.map(() => "refused"));
});
