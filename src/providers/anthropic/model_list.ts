// Which models an endpoint offers, as it says itself at `GET /v1/models`; bounded in time, bytes, pages and number.
import type Anthropic from "@anthropic-ai/sdk";
import { z } from "zod";
import { Problem } from "../../protocol/problem.ts";
import { readText } from "../wire/bounded_text.ts";
import { describer, hostOf } from "../wire/describe.ts";
import { badAnswer, CallFailure } from "../wire/failure.ts";
import { watchIdle } from "../wire/idle_watch.ts";
import { askFailure } from "./failure.ts";

/** The longest wait for a page, and for its body. */
const pageTimeoutMs = 10_000;
export const pageBytesMax = 4 * 1024 * 1024;
/** The most that the API gives at once. */
const pageModels = 1_000;
/** More are left out. */
export const pagesMax = 5;

const page = z.object({
  data: z.array(z.object({ id: z.string() })),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
});

export interface Listed {
  open(): Promise<Anthropic>;
  apiKey: string;
  baseUrl: string;
  idleTimeoutMs: number;
}

/** The names, sorted; rejects with a Problem. */
export async function listModels(listed: Listed, signal: AbortSignal): Promise<string[]> {
  const names = new Set<string>();
  try {
    let after: string | null = null;
    for (let pages = 0; pages < pagesMax; pages++) {
      const { data, has_more, last_id } = await readPage(listed, after, signal);
      for (const { id } of data) names.add(id);
      if (has_more !== true || !last_id || last_id === after) break;
      after = last_id;
    }
    return [...names].sort();
  } catch (thrown) {
    if (!(thrown instanceof CallFailure)) throw thrown;
    const { message } = describer(listed, `Cannot list the models of "${hostOf(listed.baseUrl)}"`)(thrown);
    throw new Problem(thrown.code === "auth" ? "provider_auth" : "provider_failed", message);
  }
}

async function readPage(
  listed: Listed,
  after: string | null,
  signal: AbortSignal,
): Promise<z.infer<typeof page>> {
  const watch = watchIdle(Math.min(pageTimeoutMs, listed.idleTimeoutMs), signal);
  const client = await listed.open();
  const query = { limit: pageModels, ...(after === null ? {} : { after_id: after }) };
  const response = await watch.wait(
    client.get("/v1/models", { query, signal: watch.signal }).asResponse().catch((thrown: unknown) => {
      throw askFailure(thrown, Date.now());
    }),
  );
  const { text, whole } = await watch.wait(readText(response.body, pageBytesMax));
  if (!whole) throw badAnswer(`it is longer than ${pageBytesMax} bytes, or its connection broke`);
  const parsed = page.safeParse(parse(text));
  if (!parsed.success) throw badAnswer("it is no list of models");
  return parsed.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer("it is not JSON");
  }
}
