// Markdown files with settings at their head that folders and the user bring along (skills, commands, agents): where they
// may lie, and how one of them is read.
import { join } from "node:path";
import type { z } from "zod";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import type { JsonObject } from "../protocol/json.ts";
import { parseFrontmatter } from "./frontmatter.ts";
import { foldersDown } from "./places.ts";
import { readTextFile } from "./text_file.ts";

export interface Place {
  folder: string;
  /** What must hold the file; null where it may be a link to anywhere, as the user's own may. */
  root: string | null;
  source: "workspace" | "user";
  /** What is not read although a folder brings it along. */
  secrets: SecretPlaces | undefined;
}

/** The closest folder first, the user's last: of two things of one name the first one counts. */
export function headedPlaces(
  workspace: string,
  { own, users, secrets }: {
    /** Below the workspace and the folders above it. */
    own: readonly string[];
    /** Absolute. */
    users: readonly string[];
    secrets: SecretPlaces | undefined;
  },
): Place[] {
  const root = repositoryRoot(workspace);
  const folders = foldersDown(workspace).toReversed().flatMap((folder) =>
    own.map((name) => join(folder, name))
  );
  return [
    ...folders.map((folder): Place => ({ folder, root, source: "workspace", secrets })),
    ...users.map((folder): Place => ({ folder, root: null, source: "user", secrets: undefined })),
  ];
}

export type HeadedFile = { ok: true; settings: JsonObject; body: string } | { ok: false; why: string };

/** `body` without blanks around it. Null when there is no such file. */
export async function readHeadedFile(
  path: string,
  { root, secrets, bytesMax }: Pick<Place, "root" | "secrets"> & { bytesMax: number },
): Promise<HeadedFile | null> {
  const file = await readTextFile(path, { root, secrets, bytesMax });
  if (file.status === "missing") return null;
  if (file.status === "refused") return { ok: false, why: file.why };
  if (file.cut) return { ok: false, why: `it has more than ${bytesMax} bytes` };
  const head = await parseFrontmatter(file.text);
  return head.ok ? { ...head, body: head.body.trim() } : head;
}

/** What is wrong with a head, for whoever wrote it. */
export function headFault(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return "its head is wrong";
  const name = issue.path.join(".");
  if (issue.code === "invalid_type" && issue.message.includes("undefined")) {
    return `"${name}" is missing in its head`;
  }
  return `"${name}" ${issue.message.replace(/^Invalid (?:input|option): /, "is wrong, ")}`;
}
