// X11: xdotool for the hands, ImageMagick's `import` for the eyes.
import type { Action, ScreenCommands } from "./commands.ts";

const buttons = { left: "1", middle: "2", right: "3" };
const wheel = { up: "4", down: "5", left: "6", right: "7" };
const typeDelayMs = "4";

export const x11: ScreenCommands = {
  programs: ["xdotool", "import"],
  install: 'install them (on Debian: "apt install xdotool imagemagick")',
  act: (action) => ({ program: "xdotool", ...xdotool(action) }),
  screenshot: (path) => [{ program: "import", args: ["-silent", "-window", "root", `png:${path}`] }],
  size: () => ({ program: "xdotool", args: ["getdisplaygeometry"] }),
  cursor: () => ({ program: "xdotool", args: ["getmouselocation"] }),
};

function xdotool(action: Action): { args: string[]; stdin?: string } {
  switch (action.action) {
    case "move":
      return { args: ["mousemove", "--sync", String(action.x), String(action.y)] };
    case "click":
      return { args: [...at(action), "click", buttons[action.button]] };
    case "double_click":
      return { args: [...at(action), "click", "--repeat", "2", "--delay", "80", buttons[action.button]] };
    case "type":
      return {
        args: ["type", "--clearmodifiers", "--delay", typeDelayMs, "--file", "-"],
        stdin: action.text,
      };
    case "key":
      return { args: ["key", "--clearmodifiers", "--", action.key] };
    case "scroll":
      return { args: [...at(action), "click", "--repeat", String(action.amount), wheel[action.direction]] };
    default:
      return action satisfies never;
  }
}

function at({ x, y }: { x?: number | undefined; y?: number | undefined }): string[] {
  return x === undefined || y === undefined ? [] : ["mousemove", "--sync", String(x), String(y)];
}
