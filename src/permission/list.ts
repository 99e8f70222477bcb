// All permission layers. A new layer is one file and one line here; the order does not matter.
import { confirmationLayer } from "./confirmation.ts";
import { hooksLayer } from "./hooks.ts";
import type { PermissionLayer } from "./layer.ts";
import { modeLayer } from "./mode.ts";
import { planLayer } from "./plan.ts";
import { standingAnswersLayer } from "./standing_answers.ts";

export const permissionLayers: readonly PermissionLayer[] = [
  planLayer,
  hooksLayer,
  standingAnswersLayer,
  modeLayer,
  confirmationLayer,
];
