// All built-in tools. A new tool is one file and one line here.
import type { Tool } from "./contract.ts";
import { bashTool } from "./bash.ts";
import { bashOutputTool } from "./bash_output.ts";
import { compactTool } from "./compact.ts";
import { editTool } from "./edit.ts";
import { enterPlanModeTool } from "./enter_plan_mode.ts";
import { enterWorktreeTool } from "./enter_worktree.ts";
import { exitPlanModeTool } from "./exit_plan_mode.ts";
import { exitWorktreeTool } from "./exit_worktree.ts";
import { globTool } from "./glob.ts";
import { grepTool } from "./grep.ts";
import { hookTool } from "./hook.ts";
import { killShellTool } from "./kill_shell.ts";
import { notebookEditTool } from "./notebook_edit.ts";
import { readTool } from "./read.ts";
import { taskCreateTool } from "./task_create.ts";
import { taskGetTool } from "./task_get.ts";
import { taskListTool } from "./task_list.ts";
import { taskUpdateTool } from "./task_update.ts";
import { todoWriteTool } from "./todo_write.ts";
import { undoTool } from "./undo.ts";
import { writeTool } from "./write.ts";

export const allTools: readonly Tool[] = [
  readTool,
  writeTool,
  editTool,
  notebookEditTool,
  globTool,
  grepTool,
  bashTool,
  bashOutputTool,
  killShellTool,
  todoWriteTool,
  taskCreateTool,
  taskGetTool,
  taskListTool,
  taskUpdateTool,
  enterPlanModeTool,
  exitPlanModeTool,
  compactTool,
  hookTool,
  undoTool,
  enterWorktreeTool,
  exitWorktreeTool,
];
