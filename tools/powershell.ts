// How a command is handed to PowerShell: which program, which arguments, in which environment. Pure, so that it can be
// tested anywhere.
import { Buffer } from "node:buffer";
import { Problem } from "../src/protocol/problem.ts";

/** The newer one first; the second is part of every Windows. */
export const powershellPrograms: readonly string[] = ["pwsh", "powershell.exe"];

/** A command line of Windows holds 32,767 characters; this leaves room for the program and the other options. */
const encodedCharsMax = 32_000;

/**
 * UTF-8 both ways and no progress bars. The exit code is that of the last statement, as with bash: 0 when it worked, the
 * program's own when a program failed, otherwise 1.
 */
const before = `$ProgressPreference = "SilentlyContinue"
[Console]::OutputEncoding = $OutputEncoding = New-Object System.Text.UTF8Encoding $false
$global:LASTEXITCODE = 0
`;
const after = `
if ($?) { exit 0 } elseif ($LASTEXITCODE) { exit $LASTEXITCODE } else { exit 1 }
`;

/** Encoded, so that no quote, percent sign or line end of the command is read by anything but PowerShell. */
export function powershellArguments(command: string): string[] {
  const encoded = Buffer.from(`${before}${command}${after}`, "utf16le").toString("base64");
  if (encoded.length > encodedCharsMax) {
    throw new Problem(
      "bad_request",
      `Cannot run the command: it is too long for Windows with ${command.length} characters, put it into a script file and run that`,
    );
  }
  // Without "Text" Windows PowerShell writes its errors as XML when nobody looks at a console.
  return ["-NoLogo", "-NoProfile", "-NonInteractive", "-OutputFormat", "Text", "-EncodedCommand", encoded];
}
