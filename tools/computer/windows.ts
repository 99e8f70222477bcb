// Windows: PowerShell with the Windows API. What the model gives reaches the script as JSON on standard input only.
// Not tried on a real Windows yet.
import type { Action, Command, ScreenCommands } from "./commands.ts";

const names: Readonly<Record<string, string>> = {
  return: "{ENTER}",
  enter: "{ENTER}",
  escape: "{ESC}",
  backspace: "{BACKSPACE}",
  delete: "{DELETE}",
  tab: "{TAB}",
  space: " ",
  up: "{UP}",
  down: "{DOWN}",
  left: "{LEFT}",
  right: "{RIGHT}",
  home: "{HOME}",
  end: "{END}",
  page_up: "{PGUP}",
  page_down: "{PGDN}",
};
const held: Readonly<Record<string, string>> = { ctrl: "^", control: "^", alt: "%", shift: "+" };

const preamble = `$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms, System.Drawing
Add-Type -Name U -Namespace W -MemberDefinition '[DllImport("user32.dll")] public static extern bool SetProcessDPIAware();
[DllImport("user32.dll")] public static extern void mouse_event(uint f, uint x, uint y, int d, int e);'
[void][W.U]::SetProcessDPIAware()
$a = [Console]::In.ReadToEnd() | ConvertFrom-Json
$s = [System.Windows.Forms.Screen]::PrimaryScreen.Bounds
`;
const moving =
  `if ($null -ne $a.x) { [System.Windows.Forms.Cursor]::Position = New-Object System.Drawing.Point($a.x, $a.y) }
`;

export const windows: ScreenCommands = {
  programs: ["powershell"],
  install: "Windows PowerShell is part of Windows; put it in PATH",
  act,
  screenshot: (path) => [
    powershell(
      `$b = New-Object System.Drawing.Bitmap $s.Width, $s.Height
[System.Drawing.Graphics]::FromImage($b).CopyFromScreen($s.Location, [System.Drawing.Point]::Empty, $s.Size)
$b.Save($a.path, [System.Drawing.Imaging.ImageFormat]::Png)`,
      { path },
    ),
  ],
  size: () => powershell('"$($s.Width) $($s.Height)"', {}),
  cursor: () => powershell('$p = [System.Windows.Forms.Cursor]::Position; "$($p.X) $($p.Y)"', {}),
};

function act(action: Action): Command | null {
  switch (action.action) {
    case "move":
      return powershell(moving, { x: action.x, y: action.y });
    case "click":
    case "double_click": {
      const [down, up] = { left: [2, 4], right: [8, 16], middle: [32, 64] }[action.button];
      const times = action.action === "click" ? 1 : 2;
      const press =
        "1..$a.times | % { [W.U]::mouse_event($a.down, 0, 0, 0, 0); [W.U]::mouse_event($a.up, 0, 0, 0, 0) }";
      return powershell(moving + press, { x: action.x, y: action.y, down, up, times });
    }
    case "type":
      return sendKeys(action.text.replace(/[+^%~(){}[\]]/g, "{$&}").replace(/\r?\n/g, "{ENTER}"));
    case "key":
      return pressed(action.key);
    case "scroll": {
      const flag = action.direction === "up" || action.direction === "down" ? 0x800 : 0x1000;
      const amount = (action.direction === "up" || action.direction === "right" ? 120 : -120) * action.amount;
      return powershell(`${moving}[W.U]::mouse_event($a.flag, 0, 0, $a.amount, 0)`, {
        x: action.x,
        y: action.y,
        flag,
        amount,
      });
    }
    default:
      return action satisfies never;
  }
}

function pressed(combination: string): Command | null {
  const parts = combination.split("+");
  const key = parts.pop() ?? "";
  const marks = parts.map((part) => held[part.toLowerCase()]);
  const name = names[key.toLowerCase()] ?? (/^f\d{1,2}$/i.test(key) ? `{${key.toUpperCase()}}` : null) ??
    (key.length === 1 ? key : null);
  return name === null || marks.includes(undefined) ? null : sendKeys(marks.join("") + name);
}

function sendKeys(keys: string): Command {
  return powershell("[System.Windows.Forms.SendKeys]::SendWait($a.keys)", { keys });
}

function powershell(script: string, values: Readonly<Record<string, unknown>>): Command {
  return {
    program: "powershell",
    args: ["-NoProfile", "-NonInteractive", "-Command", preamble + script],
    stdin: JSON.stringify(values),
  };
}
