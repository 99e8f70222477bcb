// Every command, in the order of the help. A command that is not in this list does not exist.
import { agentsCommand } from "./agents.ts";
import { answerCommand } from "./answer.ts";
import { approveCommand } from "./approve.ts";
import { archiveCommand } from "./archive.ts";
import { attachCommand } from "./attach.ts";
import { cancelCommand } from "./cancel.ts";
import { chat, defaultCommand } from "./chat.ts";
import type { Command } from "./command.ts";
import { configCommand } from "./config.ts";
import { denyCommand } from "./deny.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { extendCommand } from "./extend.ts";
import { forkCommand } from "./fork.ts";
import { logsCommand } from "./logs.ts";
import { modelsCommand } from "./models.ts";
import { newCommand } from "./new.ts";
import { permissionsCommand } from "./permissions.ts";
import { renameCommand } from "./rename.ts";
import { replayCommand } from "./replay.ts";
import { restartCommand } from "./restart.ts";
import { restoreCommand } from "./restore.ts";
import { runCommand } from "./run.ts";
import { sendCommand } from "./send.ts";
import { serveCommand } from "./serve.ts";
import { sessionsCommand } from "./sessions.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { stopCommand } from "./stop.ts";
import { teamCommand } from "./team.ts";
import { toolsCommand } from "./tools.ts";
import { treeCommand } from "./tree.ts";
import { trustCommand } from "./trust.ts";
import { undoCommand } from "./undo.ts";
import { usageCommand } from "./usage.ts";
import { workflowCommand } from "./workflow.ts";

export const commands: readonly Command[] = [
  defaultCommand,
  chat,
  runCommand,
  newCommand,
  sessionsCommand,
  attachCommand,
  treeCommand,
  workflowCommand,
  replayCommand,
  forkCommand,
  exportCommand,
  approveCommand,
  denyCommand,
  answerCommand,
  extendCommand,
  usageCommand,
  cancelCommand,
  sendCommand,
  undoCommand,
  renameCommand,
  archiveCommand,
  restoreCommand,
  teamCommand,
  toolsCommand,
  agentsCommand,
  modelsCommand,
  permissionsCommand,
  trustCommand,
  serveCommand,
  startCommand,
  stopCommand,
  restartCommand,
  statusCommand,
  logsCommand,
  configCommand,
  doctorCommand,
];
