// All built-in tools. A new tool is one file and one line here.
import type { Tool } from "./contract.ts";
import { bashTool } from "./bash.ts";
import { editTool } from "./edit.ts";
import { globTool } from "./glob.ts";
import { grepTool } from "./grep.ts";
import { readTool } from "./read.ts";
import { writeTool } from "./write.ts";

export const allTools: readonly Tool[] = [readTool, writeTool, editTool, globTool, grepTool, bashTool];
