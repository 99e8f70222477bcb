// macOS: screencapture for the eyes, cliclick for the hands. Not tried on a real Mac yet.
import type { Action, Command, ScreenCommands } from "./commands.ts";

const modifiers: Readonly<Record<string, string>> = {
  ctrl: "ctrl",
  control: "ctrl",
  alt: "alt",
  option: "alt",
  shift: "shift",
  cmd: "cmd",
  super: "cmd",
};
const named: Readonly<Record<string, string>> = {
  return: "return",
  enter: "return",
  escape: "esc",
  backspace: "delete",
  delete: "fwd-delete",
  tab: "tab",
  space: "space",
  up: "arrow-up",
  down: "arrow-down",
  left: "arrow-left",
  right: "arrow-right",
  home: "home",
  end: "end",
  page_up: "page-up",
  page_down: "page-down",
};

export const macos: ScreenCommands = {
  programs: ["screencapture", "cliclick"],
  install:
    'install cliclick ("brew install cliclick") and allow screen recording and accessibility in System Settings',
  act: (action) => {
    const words = cliclick(action);
    return words === null ? null : { program: "cliclick", args: words };
  },
  screenshot: (path) => [{ program: "screencapture", args: ["-x", "-m", "-t", "png", path] }],
  size: () =>
    script('tell application "Finder" to get {item 3, item 4} of (bounds of window of desktop as list)'),
  cursor: () => ({ program: "cliclick", args: ["p"] }),
};

function script(text: string): Command {
  return { program: "osascript", args: ["-e", text] };
}

function cliclick(action: Action): string[] | null {
  switch (action.action) {
    case "move":
      return [`m:${action.x},${action.y}`];
    case "click":
      if (action.button === "middle") return null;
      return [`${action.button === "right" ? "rc" : "c"}:${place(action)}`];
    case "double_click":
      return action.button === "left" ? [`dc:${place(action)}`] : null;
    case "type":
      return [`t:${action.text}`];
    case "key":
      return pressed(action.key);
    case "scroll":
      return null;
    default:
      return action satisfies never;
  }
}

function place({ x, y }: { x?: number | undefined; y?: number | undefined }): string {
  return x === undefined || y === undefined ? "." : `${x},${y}`;
}

function pressed(combination: string): string[] | null {
  const parts = combination.split("+");
  const key = parts.pop() ?? "";
  const held = parts.map((part) => modifiers[part.toLowerCase()]);
  if (held.includes(undefined)) return null;
  const name = named[key.toLowerCase()] ?? (/^f\d{1,2}$/i.test(key) ? key.toLowerCase() : null);
  const press = name === null ? (key.length === 1 ? `t:${key}` : null) : `kp:${name}`;
  if (press === null) return null;
  return held.length === 0 ? [press] : [`kd:${held.join(",")}`, press, `ku:${held.join(",")}`];
}
