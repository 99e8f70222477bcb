// The beginning of a session: what it is made of, checked before anything is written.
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import type { CreateSession } from "../src/protocol/http.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";
import { resolveModel } from "../src/providers/resolve_model.ts";
import { type ModeChoices, modeSettingsOf } from "./mode_settings.ts";

/** The first fact of a session. Throws `bad_request` for folders that cannot be used. */
export function creation(
  sessionId: string,
  input: CreateSession,
  parts: {
    providers: ProviderRegistry;
    permissionMode: PermissionMode;
    machineVersion: string;
    modes: ModeChoices;
  },
): Extract<FactDraft, { type: "session.created" }> {
  const { providers, permissionMode, machineVersion, modes } = parts;
  const chosen = input.model === undefined
    ? { provider: providers.default.name, model: providers.default.defaultModel }
    : resolveModel(providers, input.model);
  const modeSettings = modeSettingsOf(
    input.agent_mode,
    input.mode_settings ?? (input.agent_mode === "single" ? undefined : modes[input.agent_mode]),
    (text) => resolveModel(providers, text, chosen.provider),
  );
  return {
    actor: mainActor,
    type: "session.created",
    data: {
      session_id: sessionId,
      ...(input.name === undefined ? {} : { name: input.name }),
      workspace: folder(input.workspace ?? Deno.cwd(), "workspace"),
      add_dirs: input.add_dirs.map((dir) => folder(dir, "add_dirs")),
      ...chosen,
      agent_mode: input.agent_mode,
      ...(modeSettings === undefined ? {} : { mode_settings: modeSettings }),
      permission_mode: permissionMode,
      ...(input.context === undefined ? {} : { context: input.context }),
      machine_version: machineVersion,
    },
  };
}

function folder(path: string, field: string): string {
  const refuse = (why: string) =>
    new Problem("bad_request", `Cannot create a session: "${field}" is "${path}", ${why}`, {
      hint: "Give the absolute path of a folder that exists",
    });
  if (!path.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(path)) throw refuse("which is not absolute");
  if (path.includes("\0")) throw refuse("which holds a NUL character");
  // Synchronous: two look-ups in the kernel's cache, a tenth of what a trip to another thread takes.
  try {
    if (!Deno.statSync(path).isDirectory) throw refuse("which is not a folder");
    return Deno.realPathSync(path);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    const gone = thrown instanceof Deno.errors.NotFound;
    throw refuse(gone ? "which does not exist" : `which cannot be used (${messageOf(thrown)})`);
  }
}
