// Which models an endpoint offers, as it says itself at `GET /models`; bounded in time, bytes and number.
import type OpenAI from "openai";
import { z } from "zod";
import { Problem } from "../../protocol/problem.ts";
import { readText } from "../wire/bounded_text.ts";
import { describer, hostOf } from "../wire/describe.ts";
import { type Advice, badAnswer, CallFailure, requestFailure } from "../wire/failure.ts";
import { watchIdle } from "../wire/idle_watch.ts";

/** The longest wait for the list, and for each piece of it. */
const listTimeoutMs = 10_000;
export const listBytesMax = 4 * 1024 * 1024;
/** More are left out. */
export const modelsMax = 5_000;

const entries = z.array(z.object({ id: z.string() }));
/** Some hosts leave out the wrapper. */
const list = z.union([z.object({ data: entries }), entries]);

export interface Listed {
  open(): Promise<OpenAI>;
  settings: { apiKey: string; baseUrl: string; advice(model: string): Advice; idleTimeoutMs: number };
}

/** The names, sorted; rejects with a Problem. */
export async function listModels({ open, settings }: Listed, signal: AbortSignal): Promise<string[]> {
  const watch = watchIdle(Math.min(listTimeoutMs, settings.idleTimeoutMs), signal);
  try {
    const client = await open();
    const response = await watch.wait(
      client.models.list({ signal: watch.signal }).asResponse().catch((thrown: unknown) => {
        throw requestFailure(thrown, Date.now(), settings.advice("NAME"));
      }),
    );
    const body = await watch.wait(readText(response.body, listBytesMax));
    return namesIn(body);
  } catch (thrown) {
    if (!(thrown instanceof CallFailure)) throw thrown;
    throw problemOf(thrown, settings);
  }
}

function namesIn(body: { text: string; whole: boolean }): string[] {
  if (!body.whole) throw badAnswer(`it is longer than ${listBytesMax} bytes, or its connection broke`);
  const parsed = list.safeParse(parse(body.text));
  if (!parsed.success) throw badAnswer("it is no list of models");
  const models = Array.isArray(parsed.data) ? parsed.data : parsed.data.data;
  return [...new Set(models.map((model) => model.id))].sort().slice(0, modelsMax);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer("it is not JSON");
  }
}

function problemOf(failure: CallFailure, settings: Listed["settings"]): Problem {
  const tried = `Cannot list the models of "${hostOf(settings.baseUrl)}"`;
  const { message } = describer(settings, tried)(failure);
  return new Problem(failure.code === "auth" ? "provider_auth" : "provider_failed", message);
}
