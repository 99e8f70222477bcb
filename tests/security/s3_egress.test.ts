// S3: ways to the network from inside the sandbox, towards listeners of ours on this machine and on an address of its own.
import { createSocket } from "node:dgram";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRoom, type SandboxRoom } from "../support/sandbox.ts";
import { tally } from "../support/tally.ts";
import { textOf } from "../tools/workspace.ts";

interface Ear {
  port: number;
  /** How many have reached it. */
  heard(): number;
  close(): void;
}

function listen(hostname: string): Ear {
  const listener = Deno.listen({ hostname, port: 0 });
  let heard = 0;
  const serve = async () => {
    for await (const visitor of listener) {
      heard++;
      const answer = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\nREACHED\n";
      await visitor.read(new Uint8Array(4096)).catch(() => {});
      await visitor.write(new TextEncoder().encode(answer)).catch(() => {});
      visitor.close();
    }
  };
  serve().catch(() => {});
  return { port: listener.addr.port, heard: () => heard, close: () => listener.close() };
}

async function listenForPackets(address: string): Promise<Ear> {
  const socket = createSocket("udp4");
  let heard = 0;
  socket.on("message", () => heard++);
  await new Promise<void>((resolve) => socket.bind({ port: 0, address }, resolve));
  return { port: socket.address().port, heard: () => heard, close: () => void socket.close() };
}

const addresses = Object.values(networkInterfaces()).flat().filter((each) => each?.family === "IPv4").map(
  (each) => each?.address ?? "127.0.0.1",
);
let room: SandboxRoom;
const ears: Ear[] = [];
beforeAll(async () => {
  room = await openRoom();
});
afterAll(async () => {
  for (const ear of ears) ear.close();
  await room.close();
});

/** Commands that would reach this address and port. Programs that are not there fail, which is no proof: each has others beside it. */
function attempts(host: string, port: number): string[] {
  const url = `http://${host}:${port}/`;
  const plain = "env -u HTTP_PROXY -u http_proxy -u ALL_PROXY -u all_proxy -u NO_PROXY -u no_proxy";
  return [
    `curl -sm 3 ${url}`,
    `${plain} curl -sm 3 ${url}`,
    `curl -sm 3 --noproxy '*' ${url}`,
    `curl -sm 3 telnet://${host}:${port} </dev/null`,
    `curl -sm 3 -x ${url} http://example.com/`,
    `curl -sm 3 --socks5 ${host}:${port} http://example.com/`,
    `wget -qT 3 -t 1 --no-proxy -O - ${url}`,
    `exec 3<>/dev/tcp/${host}/${port} && echo GET >&3 && cat <&3`,
    `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "${host}", PeerPort => ${port}, Timeout => 3) and print $s "GET /\\r\\n\\r\\n" and print <$s>'`,
    `python3 -c 'import urllib.request as u; print(u.urlopen("${url}", timeout=3).read())'`,
    `git ls-remote ${url}x.git`,
    `git clone git://${host}:${port}/x`,
    `ssh -o BatchMode=yes -o ConnectTimeout=3 -p ${port} ${host} true`,
    `socat -T 3 - TCP:${host}:${port} </dev/null`,
    `nc -w 3 ${host} ${port} </dev/null`,
    `setsid sh -c 'sleep 0.1; curl -sm 3 ${url}' & wait`,
    `unshare -n curl -sm 3 ${url}; nsenter -t 1 -n curl -sm 3 ${url}`,
  ];
}

async function tryAll(here: SandboxRoom, commands: readonly string[]): Promise<string[]> {
  const all = commands.map((command) => `(${command}) 2>&1`).join("\n");
  const said = textOf(await here.bash(`${all}\necho tried`, { timeout_ms: 60_000 }));
  expect(said).toContain("tried");
  return said.includes("REACHED") ? [said] : [];
}

it("nothing reaches a listener outside, by no program and no address", async () => {
  const everywhere = listen("0.0.0.0");
  const six = listen("::1");
  ears.push(everywhere, six);
  // The attempts are real: outside of the sandbox the very same reach it.
  const bare = await new Deno.Command("bash", {
    args: ["-c", attempts("127.0.0.1", everywhere.port)[7] ?? ""],
  })
    .output();
  expect(new TextDecoder().decode(bare.stdout)).toContain("REACHED");
  const before = everywhere.heard();
  const targets = [...new Set(["127.0.0.1", "0.0.0.0", "localhost", ...addresses])];
  const commands = [
    ...targets.flatMap((host) => attempts(host, everywhere.port)),
    `curl -sm 3 -g 'http://[::1]:${six.port}/'`,
    `perl -MSocket=:all -e 'socket(S, AF_INET6, SOCK_STREAM, 0) and connect(S, pack_sockaddr_in6(${six.port}, inet_pton(AF_INET6, "::1"))) and print "REACHED"'`,
    `curl -sm 3 http://169.254.169.254/ && echo REACHED`,
    "ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1; ping -c 1 -W 1 8.8.8.8 && echo REACHED",
  ];
  const reached = await tryAll(room, commands);
  expect(reached).toEqual([]);
  expect(everywhere.heard() - before + six.heard()).toBe(0);
  tally({ family: "S3", what: "connections", tried: commands.length, refused: commands.length, escapes: 0 });
});

it("no packet and no question for a name gets out", async () => {
  const ear = await listenForPackets("0.0.0.0");
  ears.push(ear);
  const commands = [...new Set(["127.0.0.1", ...addresses])].flatMap((host) => [
    `echo x >/dev/udp/${host}/${ear.port}`,
    `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Proto => "udp", PeerAddr => "${host}", PeerPort => ${ear.port})->send("x")'`,
    `socat -u - UDP:${host}:${ear.port} <<<x`,
    `dig +time=1 +tries=1 -p ${ear.port} @${host} canary.example`,
    `nslookup -timeout=1 -retry=0 -port=${ear.port} canary.example ${host}`,
    `curl -sm 2 tftp://${host}:${ear.port}/x`,
  ]);
  commands.push(
    "getent hosts example.com && echo REACHED",
    "getent ahosts localhost.example && echo REACHED",
  );
  const reached = await tryAll(room, commands);
  expect([...reached, ...Array(ear.heard()).fill("a packet")]).toEqual([]);
  tally({
    family: "S3",
    what: "packets and names",
    tried: commands.length,
    refused: commands.length,
    escapes: 0,
  });
});

it("a server that a command starts can be reached from its own command", async () => {
  const perl =
    `use IO::Socket::INET; $l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 4711, ReuseAddr => 1) or die; if (fork) { $c = $l->accept; print $c "own\\n"; close $c; wait } else { $s = IO::Socket::INET->new("127.0.0.1:4711"); print <$s> }`;
  await writeFile(join(room.workspace, "own.pl"), perl);
  expect(await room.text("perl own.pl")).toBe("own");
});

it("with allowed hosts only those are reached, through the proxy, and nothing else", async () => {
  const ear = listen("127.0.0.1");
  ears.push(ear);
  const asked: string[] = [];
  const here = await openRoom({
    allowHosts: ["allowed.example", "*.wide.example"],
    // Names lead to our listener, which a test may reach; the rules for addresses have their own family.
    network: {
      allow: (address, port) => address === "127.0.0.1" && port === ear.port,
      resolve: (name) => {
        asked.push(name);
        return Promise.resolve([name === "inner.wide.example" ? "10.0.0.1" : "127.0.0.1"]);
      },
    },
  });
  expect(await here.sandbox.state()).toMatchObject({ status: "works" });
  expect(await here.text(`curl -sm 5 http://allowed.example:${ear.port}/`)).toBe("REACHED");
  expect(await here.text(`curl -sm 5 http://a.b.wide.example:${ear.port}/`)).toBe("REACHED");
  expect(ear.heard()).toBe(2);
  const url = (host: string) => `http://${host}:${ear.port}/`;
  const others = [
    ...["other.example", "allowed.example.evil.example", "evilallowed.example", "wide.example"],
    ...["allowed.example.", "ALLOWED.example:1@other.example", "127.0.0.1", "localhost", "2130706433"],
    ...["inner.wide.example", "0x7f.1", "allowed.example@127.0.0.1", "xallowed.example", "notwide.example"],
  ].filter((host) => host !== "allowed.example.");
  const commands = [
    ...others.map((host) => `curl -sm 3 '${url(host)}'`),
    ...others.map((host) => `curl -sm 3 -p '${url(host)}'`),
    ...attempts("127.0.0.1", ear.port),
    `curl -sm 3 --noproxy '*' '${url("allowed.example")}'`,
    `curl -sm 3 --unix-socket /run/jamey-door '${url("other.example")}'`,
    `curl -sm 3 -H 'Host: allowed.example' '${url("other.example")}'`,
    `curl -sm 3 -x http://127.0.0.1:3128 '${url("other.example")}'`,
    `printf 'CONNECT other.example:${ear.port} HTTP/1.1\\r\\nHost: allowed.example\\r\\n\\r\\nGET / HTTP/1.1\\r\\n\\r\\n' | socat -T 2 - TCP:127.0.0.1:3128`,
    `printf 'GET http://other.example:${ear.port}/ HTTP/1.1\\r\\nHost: allowed.example\\r\\n\\r\\n' | socat -T 2 - TCP:127.0.0.1:3128`,
    `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) and connect(S, sockaddr_un("/run/jamey-door")) and print "REACHED"'`,
  ];
  const reached = await tryAll(here, commands);
  expect(reached).toEqual([]);
  expect(ear.heard()).toBe(2);
  expect(asked.filter((name) => !/^(allowed|.*\.wide)\.example$/.test(name))).toEqual([]);
  tally({
    family: "S3",
    what: "hosts beside the allowed",
    tried: commands.length,
    refused: commands.length,
    escapes: 0,
  });
  await here.close();
});

it("where hosts are allowed all else is confined as before", async () => {
  const here = await openRoom({ place: "/var/tmp", allowHosts: ["allowed.example"] });
  await mkdir(join(here.outside, "keep"));
  const said = await here.text(
    [
      `echo 1 >${here.outside}/new && echo ESCAPED`,
      `cat ${here.hidden}/secret && echo ESCAPED`,
      "mkdir -p .git/hooks && echo ESCAPED",
      "unshare -Ur true && echo ESCAPED",
      "perl -e 'socket($s, 1, 1, 0) and print qq(ESCAPED)'",
      "grep -q '^Seccomp:.*2' /proc/self/status || echo ESCAPED",
      "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo ESCAPED",
      "for p in /proc/[0-9]*; do (cat $p/mem >/dev/null && [ $p != /proc/$$ ] && [ $p != /proc/self ]) 2>/dev/null && echo ESCAPED; done",
      'v=$(cat /proc/sys/kernel/core_pattern); echo "$v" >/proc/sys/kernel/core_pattern && echo ESCAPED',
      "id -u; echo tried",
    ].join("\n"),
  );
  expect(said).toContain(`${Deno.uid()}\ntried`);
  expect(said).not.toContain("ESCAPED");
  await here.close();
});

it("nothing of the workspace runs before the filter is set, whatever the PATH says", async () => {
  const here = await openRoom({ allowHosts: ["allowed.example"] });
  const bin = join(here.workspace, "bin");
  await mkdir(bin);
  for (const name of ["grep", "sleep", "sh", "socat", "bwrap", "env"]) {
    await writeFile(join(bin, name), "#!/bin/sh\necho $0 >>planted\n", { mode: 0o755 });
  }
  const { sandbox, workspace } = here;
  const { argv, environment, release } = await sandbox.confine({ sessionId: "s", workspace, roots: [] });
  const [program = "", ...args] = [...argv, "/bin/sh", "-c", "echo ran"];
  const { stdout } = await new Deno.Command(program, {
    args,
    cwd: workspace,
    env: { ...environment, PATH: `${bin}:/usr/bin:/bin` },
  }).output();
  await release();
  expect(new TextDecoder().decode(stdout)).toBe("ran\n");
  expect(await Deno.stat(join(workspace, "planted")).catch(() => null)).toBeNull();
  tally({ family: "S3", what: "programs planted in the PATH", tried: 6, refused: 6, escapes: 0 });
  await here.close();
});

it("without socat no host can be allowed, and that is said", async () => {
  const folder = await Deno.makeTempDir();
  for (const name of ["bwrap", "env"]) await symlink(`/usr/bin/${name}`, join(folder, name));
  const here = await openRoom({
    allowHosts: ["allowed.example"],
    helpers: { searchPath: "", folders: [folder] },
  });
  expect((await here.sandbox.state()).status).toBe("works");
  expect(here.reported).toEqual([expect.stringContaining("socat is not installed")]);
  expect(await here.text("curl -sm 2 http://allowed.example/")).toContain("exit code");
  await here.close();
  await Deno.remove(folder, { recursive: true });
});
