// Many WebSocket clients in a process of their own. Arguments: URL, how many, how many event messages each expects, and
// subprotocols. Prints "ready", then one line of JSON with how long the messages took to arrive.
const bufferedWaitMs = 100;

async function main(args: readonly string[]): Promise<void> {
  const [url = "", count = "1", expected = "1", ...protocols] = args;
  const total = Number(count) * Number(expected);
  let received = 0;
  let began = 0;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const open = Array.from({ length: Number(count) }, () => {
    const socket = new WebSocket(url, protocols);
    socket.onmessage = (message) => {
      // Hello, synced and what came before the start are not counted.
      if (!String(message.data).includes('"session.renamed"')) return;
      if (received++ === 0) began = performance.now();
      if (received === total) resolve();
    };
    return new Promise<WebSocket>((opened, failed) => {
      socket.onopen = () => opened(socket);
      socket.onerror = failed;
    });
  });
  const sockets = await Promise.all(open);
  await new Promise((turn) => setTimeout(turn, bufferedWaitMs));
  console.log("ready");
  if (protocols.length === 0) sockets[0]?.send("go");
  await done;
  console.log(JSON.stringify({ ms: performance.now() - began, messages: received }));
  for (const socket of sockets) socket.close();
}

await main(Deno.args);
