import { expect, test } from "vitest";
import { keyPattern, twoNumbers } from "../../tools/computer/commands.ts";
import { macos } from "../../tools/computer/macos.ts";
import { windows } from "../../tools/computer/windows.ts";
import { x11 } from "../../tools/computer/x11.ts";

const hostile = "'; rm -rf ~ #$(id)`id`\"";

test("X11: actions become arguments of xdotool, text its standard input", () => {
  expect(x11.act({ action: "click", x: 3, y: 4, button: "right" })).toEqual({
    program: "xdotool",
    args: ["mousemove", "--sync", "3", "4", "click", "3"],
  });
  expect(x11.act({ action: "double_click", button: "left" })?.args).toEqual([
    "click",
    "--repeat",
    "2",
    "--delay",
    "80",
    "1",
  ]); // dprint-ignore
  expect(x11.act({ action: "type", text: hostile })).toEqual({
    program: "xdotool",
    args: ["type", "--clearmodifiers", "--delay", "4", "--file", "-"],
    stdin: hostile,
  });
  expect(x11.act({ action: "key", key: "ctrl+s" })?.args).toEqual([
    "key",
    "--clearmodifiers",
    "--",
    "ctrl+s",
  ]);
  expect(x11.act({ action: "scroll", direction: "up", amount: 5 })?.args).toEqual([
    "click",
    "--repeat",
    "5",
    "4",
  ]);
});

test("macOS: actions become arguments of cliclick, text one argument of its own", () => {
  expect(macos.act({ action: "click", x: 3, y: 4, button: "left" })).toEqual({
    program: "cliclick",
    args: ["c:3,4"],
  });
  expect(macos.act({ action: "double_click", button: "left" })?.args).toEqual(["dc:."]);
  expect(macos.act({ action: "type", text: hostile })?.args).toEqual([`t:${hostile}`]);
  expect(macos.act({ action: "key", key: "cmd+shift+s" })?.args).toEqual([
    "kd:cmd,shift",
    "t:s",
    "ku:cmd,shift",
  ]);
  expect(macos.act({ action: "key", key: "Return" })?.args).toEqual(["kp:return"]);
  expect(macos.screenshot("/a b.png")).toEqual([{
    program: "screencapture",
    args: ["-x", "-m", "-t", "png", "/a b.png"],
  }]);
  expect(macos.act({ action: "scroll", direction: "up", amount: 1 })).toBeNull();
  expect(macos.act({ action: "key", key: "hyper+q" })).toBeNull();
});

test("Windows: scripts are constant, and what the model gives is JSON on standard input", () => {
  const typed = windows.act({ action: "type", text: hostile });
  expect(typed?.args.join(" ")).not.toContain("rm -rf");
  expect(JSON.parse(typed?.stdin ?? "")).toEqual({ keys: "'; rm -rf {~} #${(}id{)}`id`\"" });
  const click = windows.act({ action: "click", x: 3, y: 4, button: "right" });
  expect(JSON.parse(click?.stdin ?? "")).toEqual({ x: 3, y: 4, down: 8, up: 16, times: 1 });
  expect(JSON.parse(windows.act({ action: "key", key: "ctrl+F5" })?.stdin ?? "")).toEqual({ keys: "^{F5}" });
  expect(JSON.parse(windows.act({ action: "scroll", direction: "down", amount: 2 })?.stdin ?? ""))
    .toMatchObject({
      flag: 0x800,
      amount: -240,
    });
  expect(windows.act({ action: "key", key: "hyper+q" })).toBeNull();
  const paths = windows.screenshot("C:\\it's.png").map(({ stdin }) => stdin);
  expect(paths).toEqual(['{"path":"C:\\\\it\'s.png"}']);
});

test("keys are names joined by plus signs, and nothing that a program takes for an option", () => {
  for (const key of ["Return", "ctrl+shift+t", "F5", "a", "Page_Up"]) expect(keyPattern.test(key)).toBe(true);
  for (const key of ["--help", "a b", "", "a+", "+a", "a+b+c+d+e", "x;y", "-"]) {
    expect(keyPattern.test(key)).toBe(false);
  }
});

test("two numbers are found in what programs print", () => {
  expect(twoNumbers("x:200 y:150 screen:0 window:1")).toEqual([200, 150]);
  expect(twoNumbers("1440, 900")).toEqual([1440, 900]);
  expect(twoNumbers("none")).toBeNull();
});
