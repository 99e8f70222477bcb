// Looking at a session from outside: whole, its tree, one actor of it, and what waits for approval.
import { findActor } from "../src/protocol/find_actor.ts";
import type { Host } from "./host.ts";
import { type Look, lookBack, lookNow } from "./look.ts";
import { approvalsOf, viewOf } from "./replay.ts";
import type { Loaded } from "./sessions.ts";
import { teamViews } from "./team_view.ts";
import { treeViewOf } from "./tree_view.ts";
import { workflowViews } from "./workflow_view.ts";

export interface ViewParts {
  with: <T>(sessionId: string, use: (loaded: Loaded) => Promise<T>) => Promise<T>;
  machineVersion: string;
}

type ViewPort = Pick<Host, "view" | "tree" | "teams" | "workflows" | "actor" | "approvals">;

export function viewsPort({ with: open, machineVersion }: ViewParts): ViewPort {
  const looking = <T>(sessionId: string, at: number | undefined, show: (look: Look) => T): Promise<T> =>
    open(
      sessionId,
      async (loaded) =>
        at === undefined ? await lookNow(loaded, show) : show(await lookBack(loaded, at, machineVersion)),
    );
  return {
    view: (id, at) => looking(id, at, ({ state, transcript }) => viewOf(id, state, transcript)),
    tree: (id, at) => looking(id, at, ({ state, transcript }) => treeViewOf(id, state, transcript)),
    teams: (id, at) => looking(id, at, (look) => teamViews(look)),
    workflows: (id, at) => looking(id, at, (look) => workflowViews(look)),
    actor: (id, name, at) =>
      looking(id, at, ({ state, transcript }) => {
        const { tree, ...where } = treeViewOf(id, state, transcript);
        const actor = findActor(tree, name);
        return { ...where, actor, conversation: [...transcript.messages(actor.path)] };
      }),
    approvals: (id) => looking(id, undefined, ({ state, transcript }) => approvalsOf(state, transcript)),
  };
}
