// Looks at the configuration as the daemon would at its start: what is wrong with it, and what has another effect than it
// seems to have.
import { withEnvironment } from "../config/environment.ts";
import { readConfigText } from "../config/file.ts";
import { readManaged } from "../config/managed.ts";
import { checkConfig, type Fault } from "../config/parse.ts";
import { remarksOn, ruleRemarks } from "../config/remarks.ts";
import { managedFile } from "../platform/managed_file.ts";
import { messageOf, Problem } from "../protocol/problem.ts";

/** What the daemon starts with all the same, and the file it stands in. */
export interface Remark extends Fault {
  path: string;
}

export interface ConfigLook {
  /** What the daemon does not start with. */
  faults: Fault[];
  /** Looked for when there is no fault. */
  remarks: Remark[];
}

/** Of the file, of what it says in this environment, and of the settings of the machine. */
export async function lookAtConfig(path: string, mustBeThere = false): Promise<ConfigLook> {
  const wrong = (what: string): ConfigLook => ({ faults: [{ line: undefined, what }], remarks: [] });
  try {
    const text = await readConfigText(path);
    if (text === undefined && mustBeThere) return wrong("there is no such file");
    const checked = checkConfig(text ?? "");
    if (!checked.ok) return { faults: checked.faults, remarks: [] };
    const env = Deno.env.toObject();
    const config = withEnvironment(checked.value, env);
    const managed = managedFile(Deno.build.os, (name) => Deno.env.get(name));
    const { rules } = await readManaged(managed);
    const own = remarksOn(text ?? "", config, env).map((remark) => ({ path, ...remark }));
    const others = ruleRemarks(rules, Object.keys(config.tools)).map((remark) => ({
      path: managed,
      ...remark,
    }));
    return { faults: [], remarks: [...own, ...others] };
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    return wrong(messageOf(thrown));
  }
}
