// Trust: what a workspace brings along that could run code or steer the agent is used only after a person has seen this
// exact content. Changed content is unknown content.

export interface OutsideItem {
  /** Absolute, real path of the folder it was found for; "" for what the user's own configuration names. */
  readonly workspace: string;
  readonly kind: "hook" | "mcp_server" | "mcp_tools" | "external_tool";
  /** Unique among the items of its kind in the workspace. */
  readonly name: string;
  /** The whole content that is approved: for people to read, and hashed. */
  readonly text: string;
}

export type Standing = "approved" | "unknown" | "changed";

export interface TrustStore {
  /** Synchronous and in memory: it is asked before every use. An item object must not be changed once it was asked about. */
  standing(item: OutsideItem): Standing;
  /** Durable when it resolves. Replaces an earlier approval of the same name. */
  approve(items: readonly OutsideItem[]): Promise<void>;
  /** Takes back every approval of a workspace. */
  revoke(workspace: string): Promise<void>;
}
