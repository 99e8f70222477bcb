// Errors at the door: whatever was thrown becomes one error answer; details of bugs stay on this side.
import { nanoid } from "nanoid";
import type { z } from "zod";
import { Problem } from "../protocol/problem.ts";

const issuesShownMax = 5;
const incidentIdLength = 10;

/** Where details of bugs go: the daemon's stderr. */
export type Report = (line: string) => void;

/** A thrown Problem as it is; anything else becomes `internal` with an id under which the report has the detail. */
export function toProblem(thrown: unknown, report: Report): Problem {
  if (thrown instanceof Problem) return thrown;
  const id = nanoid(incidentIdLength);
  const detail = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  report(`internal error ${id}: ${detail}`);
  return new Problem("internal", `Cannot answer: internal error "${id}"`, {
    hint: "The log of the daemon has the detail under this id",
  });
}

/** The error answer of a problem. */
export function errorResponse(problem: Problem, headers: Record<string, string> = {}): Response {
  return Response.json(problem.toBody(), { status: problem.status, headers });
}

/** What is wrong with a value, field by field: `"delivery": Invalid option`. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, issuesShownMax).map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `"${path}": ${issue.message}`;
  });
  const more = error.issues.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
