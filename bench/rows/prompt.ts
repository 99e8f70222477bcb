// Putting a request together: the conversation of a session with 2,000 messages, counted, encoded for the wire and hashed,
// as before every model call. The calibration is JSON and hash of the same messages and nothing else.
import { createHash } from "node:crypto";
import { headTokens, messagesTokens } from "../../actors/token_estimate.ts";
import { modelRequest, type RequestHead, wireHash } from "../../actors/model_request.ts";
import { foldTranscript, type Transcript } from "../../machines/transcript.ts";
import { type Fact, mainActor } from "../../src/protocol/facts.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { anthropicProvider } from "../../src/providers/anthropic.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { allTools } from "../../tools/list.ts";
import type { Bench, Row } from "../bench.ts";
import { alternate, figureOf, ratioOf, timeEach } from "../samples.ts";

const messages = 2_000;
const resultChars = 800;
const assemblyMsMax = 20;

export const prompt: Bench = {
  name: "prompt",
  async run(context) {
    const transcript = foldTranscript(conversation());
    const head: RequestHead = {
      system: "You are a coding agent.\n".repeat(100),
      tools: allTools.map((tool) => tool.spec),
    };
    const key = { apiKey: "none", baseUrl: "http://127.0.0.1:1/v1", model: "m" };
    const rows: Row[] = [];
    for (const provider of [openaiProvider({ ...key, api: "chat" }), anthropicProvider(key)]) {
      rows.push(await assembly(provider, { transcript, head, quick: context.quick }));
    }
    return rows;
  },
};

async function assembly(
  provider: Provider,
  { transcript, head, quick }: { transcript: Transcript; head: RequestHead; quick: boolean },
): Promise<Row> {
  const each = quick ? 10 : 40;
  const asked = { provider: provider.name, model: "m" };
  const series = await alternate(quick ? 3 : 5, {
    bare: () => timeEach(each, () => Promise.resolve(hash(JSON.stringify(transcript.messages(mainActor))))),
    jamey: () =>
      timeEach(each, () => {
        headTokens(head);
        messagesTokens(transcript.forRequest(mainActor));
        const request = modelRequest(asked, head, transcript.forRequest(mainActor));
        return Promise.resolve(wireHash(provider.encode(request)));
      }),
  });
  const measured = figureOf(series.jamey);
  return {
    name: `prompt.assembly_${provider.kind}`,
    unit: "ms",
    measured,
    calibration: { of: "JSON and SHA-256 of the messages", ...figureOf(series.bare) },
    ratio: ratioOf(series.jamey, series.bare),
    aim: { text: `p50 <= ${assemblyMsMax} ms`, met: measured.p50 <= assemblyMsMax },
  };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A message, then rounds of one call and its result. */
function conversation(): Fact[] {
  const facts: Fact[] = [];
  const put = (type: Fact["type"], data: unknown) => {
    const seq = facts.length + 1;
    // The border cast: what is built here has the shape of its type.
    facts.push(
      { seq, at: "2026-01-01T00:00:00.000Z", v: 1, actor: mainActor, type, data } as unknown as Fact,
    );
    return seq;
  };
  put("message.received", { message_id: "m", text: "go", delivery: "steer" });
  for (let round = 0; round < messages / 2; round++) {
    const call = { call_id: `c${round}-1`, name: "Read", args: { file_path: `src/file_${round}.ts` } };
    const usage = { input_tokens: 1, output_tokens: 1 };
    const text = `Round ${round}: I read the next file.`;
    put("model.replied", { request_id: `r${round}`, text, calls: [call], usage, stop_reason: "tool_calls" });
    put("call.proposed", { ...call, by: "model" });
    const output = `${round} ${"const value = compute(input);\n".repeat(resultChars / 30)}`;
    put("call.finished", { call_id: call.call_id, name: call.name, output, truncated: false });
  }
  return facts;
}
