// A bare WebSocket server, the calibration of the fan-out: sends the lines of a file to every client, as fast as they
// go out. Arguments: the file, how many clients to wait for. Prints its port.
const bufferedMax = 1_000_000;
const sendsPerTurn = 16;

async function main(args: readonly string[]): Promise<void> {
  const [path = "", clients = "1"] = args;
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  const sockets: WebSocket[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => {
      sockets.push(socket);
      if (sockets.length === Number(clients)) resolve();
    };
    return response;
  });
  console.log(server.addr.port);
  await ready;
  // A message of one client says that all are waiting.
  await new Promise((go) => {
    for (const socket of sockets) socket.onmessage = go;
  });
  for (const [index, line] of lines.entries()) {
    for (const socket of sockets) socket.send(line);
    if (index % sendsPerTurn > 0) continue;
    do await new Promise((turn) => setTimeout(turn, 0)); while (
      sockets.some((socket) => socket.bufferedAmount > bufferedMax)
    );
  }
}

await main(Deno.args);
