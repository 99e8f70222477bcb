// All permission layers. A new layer is one file and one line here; of votes that weigh the same the first one's words are said.
import { confirmationLayer } from "./confirmation.ts";
import { guardLayer } from "./guard.ts";
import { hooksLayer } from "./hooks.ts";
import type { PermissionLayer } from "./layer.ts";
import { modeLayer } from "./mode.ts";
import { planLayer } from "./plan.ts";
import { rulesLayer } from "./rules.ts";
import { sandboxLayer } from "./sandbox.ts";
import { standingAnswersLayer } from "./standing_answers.ts";

export const permissionLayers: readonly PermissionLayer[] = [
  planLayer,
  hooksLayer,
  guardLayer,
  // Who leaves the sandbox hears that, not that some rule does not cover it.
  sandboxLayer,
  rulesLayer,
  standingAnswersLayer,
  modeLayer,
  confirmationLayer,
];
