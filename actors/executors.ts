// The executors of a runtime: who carries out which kind of outside effect.
import { resolveModel } from "../src/providers/resolve_model.ts";
import { noSecrets } from "../src/permission/secret_places.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import { familyModel, isModelFamily } from "../src/providers/model_family.ts";
import { defaultAgentLimits } from "./agent_limits.ts";
import { createKernelTools } from "./kernel_tools.ts";
import { leaveExecutor } from "./agent_worktree.ts";
import { backgroundExecutor } from "./background.ts";
import type { SessionLimits } from "./budgets.ts";
import { modelExecutor } from "./call_model.ts";
import { defaultContext } from "./fit_context.ts";
import { outsideViews } from "./outside.ts";
import { createRequestHeads, type WritePrompt } from "./request_heads.ts";
import { callExecutor } from "./run_call.ts";
import type { RuntimeOptions } from "./runtime_options.ts";
import type { Executor } from "./session_port.ts";
import { systemPrompt } from "./system_prompt.ts";
import { timerExecutor } from "./timers.ts";
import type { ToolRegistry } from "./tool_registry.ts";

export function createExecutors(
  options: RuntimeOptions,
  { registry, hooks, limits, now }: {
    registry: ToolRegistry;
    hooks: Hooks;
    limits: SessionLimits;
    now: () => number;
  },
): Readonly<Record<string, Executor>> {
  const { store, providers } = options;
  const effectDir = (session: string, effect: string) => store.effectDir(session, effect);
  const calls = callExecutor({
    toolsOf: registry.of,
    modelOf: (text, provider) => resolveModel(providers, text, provider),
    kernelTools: createKernelTools({
      definitions: options.agents ?? noAgents,
      limits: { ...defaultAgentLimits, ...options.agentLimits },
      familyOf: (text, provider) => familyModel(text, providers.get(provider)?.kind ?? ""),
      isFamily: isModelFamily,
    }),
    hooks,
    judge: { rules: options.rules ?? null, sandbox: options.sandbox ?? null },
    secretPlaces: options.secretPlaces ?? noSecrets,
    effectDir,
    awaiting: async (workspace) => {
      const views = await outsideViews(options.outside, workspace);
      return views.filter(({ standing }) => standing !== "approved");
    },
  });
  return {
    "model.call": modelExecutor({
      provider: (name) => providers.get(name),
      fallback: providers.fallback,
      head: createRequestHeads({
        registry,
        effectDir,
        prompt: options.prompt ?? plainPrompt,
        secrets: options.secrets,
      }),
      limits,
      context: { ...defaultContext, ...options.context },
      hooks,
      now,
    }),
    "call.review": calls,
    "call.run": calls,
    "background.run": backgroundExecutor,
    "timer.wait": timerExecutor,
    "worktree.leave": leaveExecutor,
  };
}

const noAgents = () => Promise.resolve({ agents: [], broken: [] });
const plainPrompt: WritePrompt = (subject) => Promise.resolve(systemPrompt(subject));
