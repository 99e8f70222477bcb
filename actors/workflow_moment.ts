// What the voice of a workflow knows when it is asked for words.
import type { FactData } from "../src/protocol/facts.ts";
import type { SupervisorMoment } from "./supervisor_voice.ts";
import type { WorkflowIndex } from "./workflow_index.ts";

export interface WorkflowMoment extends SupervisorMoment {
  path: string;
  start: FactData<"workflow.started">;
  index: WorkflowIndex;
}
