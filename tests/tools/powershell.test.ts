import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { powershellArguments, powershellPrograms } from "../../tools/powershell.ts";

function scriptOf(args: readonly string[]): string {
  return Buffer.from(args.at(-1) ?? "", "base64").toString("utf16le");
}

test("PowerShell starts without profile, without questions and with errors as text", () => {
  expect(powershellArguments("Get-ChildItem").slice(0, -1)).toEqual([
    "-NoLogo",
    "-NoProfile",
    "-NonInteractive",
    "-OutputFormat",
    "Text",
    "-EncodedCommand",
  ]);
  expect(powershellPrograms).toEqual(["pwsh", "powershell.exe"]);
});

test("the command reaches PowerShell letter by letter, whatever quotes and line ends it holds", () => {
  const command = `echo "a 'b' %PATH% \u20ac \u{1f600}"\n# a comment at the end`;
  const args = powershellArguments(command);
  expect(args.at(-1)).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(scriptOf(args).split(command)).toHaveLength(2);
});

test("output is UTF-8 and the exit code of the last statement is passed on", () => {
  const lines = scriptOf(powershellArguments("cmd /c exit 3")).split("\n");
  expect(lines.slice(0, 3).join("\n")).toContain(
    "OutputEncoding = New-Object System.Text.UTF8Encoding $false",
  );
  expect(lines.slice(-3)).toEqual([
    "cmd /c exit 3",
    "if ($?) { exit 0 } elseif ($LASTEXITCODE) { exit $LASTEXITCODE } else { exit 1 }",
    "",
  ]);
});

test("a command that does not fit into a command line of Windows is refused with a way out", () => {
  const fits = (length: number) => powershellArguments("x".repeat(length)).at(-1)?.length ?? 0;
  expect(fits(11_000)).toBeLessThanOrEqual(32_000);
  expect(() => fits(12_500)).toThrow("put it into a script file and run that");
});
