// The list of provider kinds: a new one is its file and its line here. The first that the environment stands for is the
// default where nobody chose; the last such one always stands there.
import { anthropicKind } from "./anthropic.ts";
import { azureKind } from "./azure.ts";
import type { ProviderKind } from "./kind.ts";
import { ollamaKind } from "./ollama.ts";
import { openaiKind } from "./openai.ts";
import { recordedKind } from "./recorded.ts";
import { scriptedKind } from "./scripted.ts";

export const providerKinds: readonly ProviderKind[] = [
  openaiKind,
  anthropicKind,
  azureKind,
  ollamaKind,
  recordedKind,
  scriptedKind,
];
