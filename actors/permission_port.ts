// What doors may ask about permissions: what holds, why a call would run or not, and changes of the user's own rules.
import { noSecrets } from "../src/permission/secret_places.ts";
import type { ExplainBody } from "../src/protocol/permission_views.ts";
import { Problem } from "../src/protocol/problem.ts";
import { explainPermission, permissionsOf, type PermissionSubject } from "./explain_permission.ts";
import type { Host } from "./host.ts";
import type { JudgeParts } from "./judge_call.ts";
import { addUserRule, realFolder, removeUserRule } from "./permission_settings.ts";
import type { RuntimeOptions } from "./runtime_options.ts";
import type { SessionActor } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { planFile } from "./tool_session.ts";

export interface PermissionPortParts {
  options: RuntimeOptions;
  registry: ToolRegistry;
  withActor: <T>(session: string, use: (actor: SessionActor) => Promise<T>) => Promise<T>;
}

type PermissionPort = Pick<Host, "permissions" | "explain" | "addRule" | "removeRule">;

export function permissionPort({ options, registry, withActor }: PermissionPortParts): PermissionPort {
  const { rules, store } = options;
  const secretPlaces = options.secretPlaces ?? noSecrets;
  const judge: JudgeParts = { rules: rules ?? null, sandbox: options.sandbox ?? null };
  const effectDir = (session: string, effect: string) => store.effectDir(session, effect);
  const sessionSubject = (session: string): Promise<PermissionSubject> =>
    withActor(session, async (actor) => {
      const { meta } = actor.visible();
      if (meta === null) {
        throw new Problem("not_found", `Cannot find session "${session}": it has no beginning`);
      }
      return { meta, planFile: await planFile(actor, { effectDir }) };
    });
  const subjectOf = async ({ session, workspace }: { session?: string; workspace?: string | undefined }) => {
    if (session !== undefined) return await sessionSubject(session);
    if (workspace === undefined) throw neither();
    return { workspace: realFolder(workspace), mode: options.permissionMode ?? "default" };
  };
  return {
    permissions: async (where) => await permissionsOf(judge, await subjectOf(where)),
    explain: async (where, asked) => {
      const subject = await subjectOf(where);
      const workspace = "meta" in subject ? subject.meta.workspace : subject.workspace;
      // Nothing is started to answer a question.
      const tools = await registry.of(workspace, { knownOnly: true });
      const { permission_mode: mode } = asked;
      return await explainPermission({ ...judge, tools, secretPlaces }, subject, { ...callOf(asked), mode });
    },
    addRule: (rule) => addUserRule(rules, rule),
    removeRule: (rule) => removeUserRule(rules, rule),
  };
}

/** Throws a Problem `bad_request` unless exactly one of the two ways to name a call is used. */
function callOf({ command, tool, args }: ExplainBody) {
  if (command !== undefined && tool === undefined && args === undefined) {
    return { tool: "Bash", args: { command } };
  }
  if (tool !== undefined && command === undefined) return { tool, args: args ?? {} };
  throw new Problem("bad_request", 'Cannot explain the call: give "command", or "tool" with its "args"');
}

function neither(): Problem {
  return new Problem(
    "bad_request",
    "Cannot tell which rules hold: neither a workspace nor a session is named",
  );
}
