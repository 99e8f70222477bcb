// A bare relay, the calibration of live text: asks the model when told to and passes on what comes, with no log, no
// session and no parsing. Argument: the model's base URL. Prints its port.
import { askDirectly } from "../model_stream.ts";

const [modelUrl = ""] = Deno.args;
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = async () => {
    await askDirectly(modelUrl, [{ role: "user", content: "go" }], (text) => socket.send(text));
    socket.send("end");
  };
  return response;
});
console.log(server.addr.port);
