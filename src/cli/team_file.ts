// A team file: YAML or JSON, checked before anything is started; every fault with its file, line and field.
import { Problem } from "../protocol/problem.ts";
import { type TeamSpec, teamSpec } from "../protocol/team_spec.ts";
import { readDocument } from "../workflow/document.ts";
import { complaintsOf, faultText, fieldText } from "../workflow/faults.ts";
import { readWorkflowFile } from "../workflow/read_file.ts";
import { shortText } from "./neutral.ts";

const faultsShown = 20;
const faultCharsMax = 500;

/** The team that a file describes; a Problem `bad_request` that names all that is wrong with it. */
export async function readTeamFile(file: string): Promise<TeamSpec> {
  const read = await readDocument(await readWorkflowFile(file), file);
  if (!read.ok) throw faulty(file, read.faults.map(faultText));
  const { value, place } = read.document;
  const parsed = teamSpec.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    // Of a name that nobody knows the place of the name says more than that of its value.
    const at = issue.code === "unrecognized_keys" ? "key" : "value";
    return complaintsOf(issue, teamSpec, value).map(({ path, what }) =>
      faultText({ file, ...place(path, at), field: fieldText(path), what })
    );
  });
  throw faulty(file, faults);
}

function faulty(file: string, faults: readonly string[]): Problem {
  const shown = faults.slice(0, faultsShown).map((fault) => `  ${shortText(fault, 4, faultCharsMax)}`);
  const more = faults.length > faultsShown ? [`  … ${faults.length - faultsShown} more`] : [];
  return new Problem("bad_request", [`Cannot use team file "${file}":`, ...shown, ...more].join("\n"));
}
