// What is used of the official MCP SDK, in one place that is loaded at first use: it takes a tenth of a second. Its types
// are found under another name than its code.
export { Client } from "@modelcontextprotocol/sdk/client";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
export { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/types"
export {
  CallToolResultSchema,
  ErrorCode,
  JSONRPCMessageSchema,
  ListToolsResultSchema,
  McpError,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
export type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport";
export type { CallToolResult, JSONRPCMessage } from "@modelcontextprotocol/sdk/types";
