// C9: what a command in the sandbox can do about the daemon that started it: nothing. It finds no token, reaches no port,
// sees no process of ours, and cannot approve its own request.
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";
import { until } from "../support/daemon.ts";
import { answer } from "../support/model_plan.ts";
import { tally } from "../support/tally.ts";
import { key, type KeyDesk, openKeyDesk } from "./key_desk.ts";

interface Ground {
  desk: KeyDesk;
  /** A session in which a call waits for a person, and the call. */
  session: string;
  call: string;
}

/** Commands that print ESCAPED when they got somewhere. */
function probesOf({ desk: { daemon, dataDir, root, workspace }, session, call }: Ground): string[] {
  const { pid, file } = daemon;
  const { port } = new URL(daemon.url);
  const token = file.token_file;
  const body = `{"decision":"allow_once"}`;
  const post = `POST /sessions/${session}/approvals/${call} HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\n` +
    `Content-Type: application/json\\r\\nContent-Length: ${body.length}\\r\\n\\r\\n${
      body.replaceAll('"', '\\"')
    }`;
  const cli = `${Deno.execPath()} run -A --no-lock ${resolve("bin/jamey.ts")}`;
  const hosts = ["127.0.0.1", "localhost", "::1", "0.0.0.0", "127.0.0.2", "::ffff:127.0.0.1", hostname()];
  const said = (text: string) => `${text} && echo ESCAPED`;
  return [
    ...[token, join(dataDir, "daemon.json"), join(dataDir, "permissions.json"), join(dataDir, "trust.json")]
      .flatMap(
        (path) => [
          said(`cat ${path}`),
          said(`cat /proc/${pid}/root${path}`),
          said(`cat /proc/1/root${path}`),
          said(`dd if=${path} bs=1 count=1`),
        ],
      ),
    said(`[ -n "$(ls -A ${dataDir} 2>/dev/null)" ]`),
    said(`grep -rlq . ${dataDir}`),
    said(
      `find /var /root /home /run /tmp /opt /srv -maxdepth 4 -name daemon.json 2>/dev/null | xargs -r grep -lF ${daemon.url} | grep -q .`,
    ),
    said(`cp -r ${dataDir} copy && find copy -type f | grep -q .`),
    said(`ln -s ${token} link; cat link`),
    said(`ln ${token} hard`),
    said(`tar cf - ${dataDir} 2>/dev/null | grep -aq token_file`),
    said(`cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -aqE '^(WORK_KEY|JAMEY_TOKEN)='`),
    said(`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -aq -- '[-]-data-dir'`),
    said(`cat /proc/${pid}/environ | tr '\\0' '\\n' | grep -aq WORK_KEY`),
    said(`head -c 1 /proc/${pid}/mem`),
    said(`ls /proc/${pid}/fd | grep -q .`),
    said(`kill -0 ${pid}`),
    said(`ps aux 2>/dev/null | grep -aq '[s]erve --port'`),
    said(`nsenter -t ${pid} -n true`),
    said(`nsenter -t 1 -a true`),
    said(`env | grep -qE '(TOKEN|SECRET|WORK_KEY)'`),
    ...hosts.map((host) => said(`(exec 3<>/dev/tcp/${host}/${port}) 2>/dev/null`)),
    ...hosts.slice(0, 3).map((host) =>
      said(
        `curl -s --max-time 3 "http://${
          host.includes(":") ? `[${host}]` : host
        }:${port}/health" | grep -q version`,
      )
    ),
    said(`curl -s --noproxy '*' --max-time 3 http://127.0.0.1:${port}/health | grep -q version`),
    said(`exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${post}' >&3 && head -1 <&3 | grep -q HTTP`),
    said(
      `perl -MIO::Socket::INET -e 'exit !grep { IO::Socket::INET->new("127.0.0.1:$_") } ${
        Number(port) - 3
      }..${Number(port) + 3}'`,
    ),
    said(
      `JAMEY_DATA_DIR=${dataDir} HOME=${workspace} DENO_DIR=$HOME/.deno ${cli} approve ${session} ${call}`,
    ),
    said(`JAMEY_TOKEN=x HOME=${workspace} ${cli} approve ${session} ${call} --url ${daemon.url}`),
    said(`HOME=${join(root, "home")} ${cli} approve ${session} ${call} --url ${daemon.url}`),
    // What is written is looked at from outside: a private view may take it.
    `echo '{"version":1,"rules":[{"action":"allow","text":"*","workspace":null,"given_at":""}]}' >${dataDir}/permissions.json`,
    `echo '{"decision":"allow_once"}' >>${dataDir}/sessions/${session}/00000000000000000001.jsonl`,
    `printf x >${token}`,
    `rm -rf ${dataDir}`,
    said(`printf '[permissions]\\nallow = ["*"]\\n' >>${join(root, "runtime.toml")}`),
    said(
      `mkdir -p ${join(root, "home")}/.config/jamey-code && echo x >${
        join(root, "home")
      }/.config/jamey-code/runtime.toml`,
    ),
    said(`mkdir -p .jamey && printf '[permissions]\\nallow = ["*"]\\n' >.jamey/settings.toml`),
    `perl -e 'open(T,"+</dev/tty") or exit 1; ioctl(T,0x5412,"y") and print "ESCAPED"'`,
  ];
}

it.skipIf(Deno.build.os !== "linux")(
  "C9: a command in the sandbox cannot reach the daemon, its token or its port, nor approve its own request",
  async () => {
    const before = Deno.env.get("TMPDIR");
    // Not in the folder for temporary files, of which nothing can be seen inside anyway.
    Deno.env.set("TMPDIR", "/var/tmp");
    let probes: string[] = [];
    const ask = (...commands: Record<string, unknown>[]) =>
      answer({ calls: commands.map((args, place) => ({ id: `b${place}`, name: "Bash", args })) });
    const desk = await openKeyDesk({
      reply: ({ messages }) => {
        const last = JSON.stringify(messages.at(-1));
        if (last.includes("wait for me")) return ask({ command: "touch approved", outside_sandbox: true });
        return last.includes("go on")
          ? ask(...probes.map((command) => ({ command, timeout_ms: 20_000 })))
          : answer({ text: "done" });
      },
    }).finally(() => before === undefined ? Deno.env.delete("TMPDIR") : Deno.env.set("TMPDIR", before));
    const waiting = await desk.session("auto");
    await desk.daemon.request("POST", `/sessions/${waiting}/messages`, { message: "wait for me" });
    const approvals = () =>
      desk.daemon.request<{ approvals: { call_id: string; reason?: string }[] }>(
        "GET",
        `/sessions/${waiting}/approvals`,
      )
        .then(({ approvals }) => approvals);
    const asked = await until("the question", async () => (await approvals())[0] ?? null);
    const { sandbox } = await desk.daemon.request<{ sandbox: { status: string; reason?: string } }>(
      "GET",
      `/permissions?session=${waiting}`,
    );
    expect(sandbox).toMatchObject({ status: "works" });
    const watched = () =>
      Promise.all(
        [desk.daemon.file.token_file, join(desk.root, "runtime.toml")].map((path) => Deno.readTextFile(path)),
      );
    const files = await watched();
    const logFile = join(desk.dataDir, "sessions", waiting, "00000000000000000001.jsonl");

    probes = probesOf({ desk, session: waiting, call: asked.call_id });
    const session = await desk.session("auto");
    await desk.turn(session);
    const events = await desk.events(session);
    const ends = events.filter(({ type }) => /^call\.(finished|failed|denied|interrupted)$/.test(type));
    const escapes = ends.map(({ data }) => JSON.stringify(data)).filter((text) =>
      /ESCAPED/.test(text) || text.includes(desk.daemon.token) || text.includes(key) ||
      text.includes("[redacted")
    );
    // One that was not run has tried nothing.
    const ran = events.filter(({ type }) => type === "call.started").length;
    if (ran !== probes.length) {
      escapes.push(`${ran} of ${probes.length} ran: ${JSON.stringify(ends.slice(-3))}`);
    }
    if (JSON.stringify(await approvals()) !== JSON.stringify([asked])) escapes.push("what waits has changed");
    if (JSON.stringify(await watched()) !== JSON.stringify(files)) {
      escapes.push("a file of the daemon has changed");
    }
    if (/^\{"decision"/m.test(await Deno.readTextFile(logFile))) escapes.push("the log was written");
    if (await exists(join(desk.dataDir, "permissions.json"))) escapes.push("there are rules");
    if (await exists(join(desk.workspace, "approved"))) escapes.push("what waits has run");
    if (await exists(join(desk.workspace, ".jamey/settings.toml"))) escapes.push("the folder brings rules");
    if (await exists(join(dirname(desk.workspace), "home/.config"))) {
      escapes.push("the user's configuration was written");
    }
    tally({
      family: "C9",
      what: "ways from a command in the sandbox to the daemon",
      tried: probes.length,
      refused: probes.length - escapes.length,
      escapes: escapes.length,
    });
    expect(escapes).toEqual([]);
    await desk.daemon.request("POST", `/sessions/${waiting}/cancel`, {});
  },
  120_000,
);

function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}
