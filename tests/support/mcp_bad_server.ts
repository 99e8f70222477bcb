// An MCP server that misbehaves as it is told to: its first argument says how. Speaks the protocol by hand, so that it
// can break it. Run as a program of its own.

interface Request {
  id?: number;
  method: string;
  /** Of the client's own answers, which have no method. */
  error?: { code: number };
  params?: { name?: string; arguments?: { text?: string }; _meta?: { progressToken?: string | number } };
}

const [mode = "good", note = ""] = Deno.args;
const encoder = new TextEncoder();

function write(text: string): void {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

const answer = (id: number | undefined, result: unknown) =>
  write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
const text = (words: string) => ({ content: [{ type: "text", text: words }] });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const forever = () => new Promise(() => setInterval(() => {}, 1000));

function tool(name: string, description = "says what it was given") {
  const inputSchema = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
  return { name, description, inputSchema, annotations: { readOnlyHint: true } };
}

/** With the mode "file" the tools are in a file, so that they can change between two runs. */
function tools(): unknown[] {
  switch (mode) {
    case "many":
      return Array.from({ length: 10_000 }, (_, index) => tool(`tool_${String(index).padStart(5, "0")}`));
    case "doubles":
      return [tool("echo"), tool("twin", "the good one"), tool("twin", "the evil one")];
    case "long":
      return [tool("echo", "very ".repeat(100_000)), {
        name: "huge",
        inputSchema: { type: "object", properties: { a: { type: "string", description: "x".repeat(1e6) } } },
      }];
    case "file":
      return JSON.parse(Deno.readTextFileSync(note));
    default:
      return [tool("echo"), tool("other")];
  }
}

async function call({ id, params }: Request): Promise<void> {
  switch (mode) {
    case "mute_calls":
      return params?.arguments?.text === "answer me" ? answer(id, text("well")) : undefined;
    case "dies":
      console.error("I cannot go on");
      return Deno.exit(7);
    case "garbage_result":
      return answer(id, { content: "no list" });
    case "garbage_calls":
      return write("this is no message\n".repeat(1_000));
    case "binary":
      return write("\0\u0001garbage\n".repeat(1_000));
    case "endless_line":
      for (;;) write("x".repeat(1_000_000));
    case "huge_result":
      return answer(id, text("y".repeat(10_000_000)));
    case "progress": {
      for (let count = 1; count <= 6; count++) {
        await pause(250);
        const progress = { progressToken: params?._meta?.progressToken, progress: count, total: 6 };
        write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: progress })}\n`);
      }
      return answer(id, text("slow but sure"));
    }
    case "images": {
      const image = (bytes: number, mimeType = "image/png") => ({
        type: "image",
        mimeType,
        data: btoa("i".repeat(bytes)),
      });
      const content = [
        ...Array.from({ length: 6 }, () => image(3)),
        image(6_000_000),
        image(3, "image/tiff"),
      ];
      return answer(id, { content, structuredContent: { count: 8 } });
    }
    case "error":
      return answer(id, { ...text("that was wrong"), isError: true });
    case "rpc_error":
      return write(
        `${JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32602, message: "no such thing" } })}\n`,
      );
    case "wishes":
      return wish(id);
    case "flood":
      return answer(id, text(String(flooded)));
    case "environment":
      return answer(id, text(JSON.stringify({ env: Deno.env.toObject(), cwd: Deno.cwd() })));
    default:
      return answer(id, text(`${params?.name} ${params?.arguments?.text}`));
  }
}

/** Asks the client for what servers may ask; the answers become the result. */
const wishes = ["sampling/createMessage", "elicitation/create", "roots/list"];
const refused: string[] = [];
let wishing: number | undefined;
function wish(id: number | undefined): void {
  wishing = id;
  wishes.forEach((method, index) =>
    write(`${JSON.stringify({ jsonrpc: "2.0", id: 1000 + index, method, params: {} })}\n`)
  );
}

function takeAnswer(message: Request): void {
  refused.push(String(message.error?.code));
  if (refused.length === wishes.length) answer(wishing, text(refused.join(" ")));
}

async function take(request: Request): Promise<void> {
  if (request.method === undefined) return takeAnswer(request);
  if (request.method === "notifications/cancelled" && note !== "") {
    Deno.writeTextFileSync(note, "x", { append: true });
  }
  if (request.method === "initialize") {
    if (mode === "mute") return;
    const capabilities = { tools: { listChanged: true } };
    const serverInfo = { name: "bad", version: "1" };
    return answer(request.id, { protocolVersion: "2025-06-18", capabilities, serverInfo });
  }
  if (request.method === "tools/list") return answer(request.id, { tools: tools() });
  if (request.method === "tools/call") return await call(request);
}

let flooded = 0;
/** Writes far more than anybody wants to keep, as fast as it is read. */
async function floodErrors(bytes: number): Promise<void> {
  const piece = encoder.encode("e".repeat(1_000_000));
  while (flooded < bytes) {
    flooded += Deno.stderr.writeSync(piece);
    await pause(0);
  }
}

async function main(): Promise<void> {
  if (mode === "stubborn") {
    for (const name of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(name, () => {});
  }
  if (mode === "garbage") write("no protocol here\n".repeat(1_000));
  if (mode === "greets") write("Welcome to this server!\n\n");
  if (mode === "flood") floodErrors(Number(note));
  if (mode === "exits") {
    console.error("cannot find my configuration");
    Deno.exit(3);
  }
  let held = "";
  for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (held + piece).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines.filter((each) => each !== "")) await take(JSON.parse(line));
  }
  if (mode === "stubborn") await forever();
}

await main();
