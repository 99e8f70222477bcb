// The paths of those who take part in a team or in a run of a mode.

/** `leader`: the path of the team or the run. */
export function memberPath(leader: string, name: string): string {
  return `${leader}/agent:${name}`;
}

/** The name of a member by its path; null for a path that is none. */
export function memberNamed(leader: string, path: string): string | null {
  const head = memberPath(leader, "");
  const name = path.startsWith(head) ? path.slice(head.length) : "";
  return name === "" || name.includes("/") ? null : name;
}
