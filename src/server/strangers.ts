// Who tries to act as the user and may not: said once in the daemon's log for each thing that was tried, because it is a
// program on this machine that does so, perhaps one that the agent has started.
import type { Problem } from "../protocol/problem.ts";
import type { Report } from "./errors.ts";
import { clientOf } from "./routes/user.ts";

/** More are not told: a program that makes up paths must not fill the log. */
const toldMax = 100;
const pathCharsMax = 200;
const refusals: readonly string[] = ["unauthorized", "too_many_requests", "forbidden", "misdirected"];

/** Told of every refused request. Reading is not acting: clients without a token are told what is wrong, and no more. */
export function createStrangers(report: Report): (request: Request, problem: Problem) => void {
  const told = new Set<string>();
  return ({ method, url, headers }, { code, status }) => {
    if (method === "GET" || method === "HEAD" || !refusals.includes(code) || told.size >= toldMax) return;
    const path = (URL.parse(url)?.pathname ?? "").slice(0, pathCharsMax);
    const what = `${method} ${JSON.stringify(path)} ${status}`;
    if (told.has(what)) return;
    told.add(what);
    const who = JSON.stringify(clientOf(headers) ?? "a program without a name");
    const more = told.size === toldMax ? "; no more of them are told" : "";
    report(`Refused ${method} ${JSON.stringify(path)} of ${who} (${status}): it is not the user's${more}`);
  };
}
