// What a running call is given: its session, the folders it may touch, what is kept from it, and what confines it.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { CallRecord } from "../machines/call_record.ts";
import { noRules } from "../src/permission/contract.ts";
import { withDeniedFiles } from "../src/permission/denied_files.ts";
import { rulesOfSession } from "../src/permission/session_rules.ts";
import type { SecretPlaces } from "../src/permission/secret_places.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import type { ToolContext } from "../tools/contract.ts";
import { metaOf } from "./actor_meta.ts";
import { type JudgeParts, placesOf } from "./judge_call.ts";
import { realPathOf } from "./real_path.ts";
import type { Allowed } from "./review_call.ts";
import type { SessionActor } from "./session_port.ts";
import { toolSession } from "./tool_session.ts";

export interface ContextParts {
  /** The rules beyond those of the session itself, and what confines commands. */
  judge: JudgeParts;
  secretPlaces: SecretPlaces;
  effectDir: (sessionId: string, effect: string) => Promise<string>;
}

interface Run {
  session: SessionActor;
  record: CallRecord;
  signal: AbortSignal;
  parts: ContextParts;
}

export async function toolContext(
  { session, record, signal, parts }: Run,
  { confinement }: Pick<Allowed, "confinement">,
  onOutput: (text: string) => void,
): Promise<ToolContext> {
  const own = await toolSession(session, record, parts);
  const meta = await metaOf(session, record.actor);
  const places = await placesOf(meta ?? { workspace: "/", addDirs: [] });
  const rules = meta === null ? noRules : await rulesOfSession(parts.judge.rules, meta);
  return {
    session: own,
    workspace: places.workspace,
    roots: await rootsOf(places, own),
    secrets: withDeniedFiles(parts.secretPlaces, { tool: record.name, rules, places }),
    sandbox: confinement === "sandboxed" ? parts.judge.sandbox : null,
    effectDir: async () => {
      const dir = await parts.effectDir(session.id, record.callId);
      await mkdir(dir, { recursive: true, mode: 0o700 });
      return dir;
    },
    signal,
    onOutput,
  };
}

/** The folders that files may be touched in: while planning also that of the plan. */
export async function rootsOf(
  { roots }: { roots: readonly string[] },
  { permissionMode, planFile }: { permissionMode: PermissionMode; planFile: string },
): Promise<readonly string[]> {
  if (permissionMode !== "plan" || planFile === "") return roots;
  const folder = dirname(planFile);
  return [...roots, await realPathOf(folder) ?? folder];
}
