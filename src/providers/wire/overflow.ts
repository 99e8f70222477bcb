// How an endpoint says that a request does not fit into the model's window. There is no standard for it: OpenAI has a code,
// llama.cpp a type, and the others only words. Kept apart, so that the caller can shorten the conversation and ask again.

const overflowCodes: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "exceed_context_size_error",
  "context_window_exceeded",
  "model_context_window_exceeded",
]);

const overflowWords: readonly RegExp[] = [
  // OpenAI, Azure, vLLM, DeepSeek, OpenRouter: "This model's maximum context length is 8192 tokens. However, ..."
  /maximum context length/i,
  /exceeds? (?:the )?(?:model'?s? )?context (?:window|length|size)/i,
  // OpenAI, responses API: "Your input exceeds the context window of this model"
  /context window of this model/i,
  // llama.cpp: "the request exceeds the available context size"; also "Context size has been exceeded", as LM Studio says.
  /available context size/i,
  /context size has been exceeded/i,
  // Ollama: "the input length exceeds the context length", "prompt too long; exceeded max context length by 12 tokens"
  /max(?:imum)? context length/i,
  // LM Studio: "Trying to keep the first 9000 tokens when context the overflows ... context length of only 4096 tokens"
  /context length of only/i,
  /when (?:the )?context (?:the )?overflows/i,
  /tokens to keep from the initial prompt is greater than the context length/i,
  // vLLM, for a prompt that alone is too long; others behind proxies.
  /longer than the maximum model length/i,
  /prompt is too long/i,
  /maximum allowed input length/i,
  /reduce the length of the messages/i,
  /exceeds the maximum number of (?:input )?tokens/i,
];

/** What is known of a refusal: any of it may be missing. */
export function saysOverflow(
  refusal: { code?: string | null; type?: string | null; message: string },
): boolean {
  if (overflowCodes.has(refusal.code ?? "") || overflowCodes.has(refusal.type ?? "")) return true;
  return overflowWords.some((words) => words.test(refusal.message));
}
