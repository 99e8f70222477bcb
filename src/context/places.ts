// Where a workspace's own files lie: the folders from the top of its repository down to it.
import { dirname } from "node:path";
import { holdsRepository, levelsMax, repositoryRoot } from "../platform/repository_root.ts";

/** Whether the workspace is in a git repository, as far as its folders tell. */
export function isInRepository(workspace: string): boolean {
  return holdsRepository(repositoryRoot(workspace));
}

/** The folders from the top of the repository to the workspace, both included. */
export function foldersDown(workspace: string): string[] {
  const root = repositoryRoot(workspace);
  const folders = [workspace];
  for (let folder = workspace; folder !== root && folders.length <= levelsMax;) {
    folder = dirname(folder);
    folders.unshift(folder);
  }
  return folders;
}
