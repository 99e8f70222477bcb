import { afterEach, beforeEach, expect, test } from "vitest";
import { computerTool, scrollMax, typedCharsMax } from "../../tools/computer/computer.ts";
import { sideMax } from "../../tools/computer/screen.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { ToolOutcome } from "../../tools/contract.ts";
import { hasScreen, startScreen, type TestScreen } from "../support/web_screen.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace, textOf } from "./workspace.ts";

const withScreen = test.runIf(Deno.build.os === "linux" && await hasScreen());
const tool = computerTool();
const before = Deno.env.get("DISPLAY");
let space: TestWorkspace;
let screen: TestScreen | undefined;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(async () => {
  if (before === undefined) Deno.env.delete("DISPLAY");
  else Deno.env.set("DISPLAY", before);
  await screen?.close();
  screen = undefined;
  await space.remove();
});

async function useScreen(size = "800x600"): Promise<TestScreen> {
  screen = await startScreen(size);
  Deno.env.set("DISPLAY", screen.display);
  return screen;
}
const use = (args: JsonObject): Promise<ToolOutcome> => runTool(tool, args, space.context());

/** Width and height stand at fixed places of a PNG. */
async function shot(): Promise<{ data: string; size: [number, number]; text: string }> {
  const outcome = await use({ action: "screenshot" });
  if (outcome.status !== "finished") throw new Error(textOf(outcome));
  const data = outcome.images?.[0]?.data ?? "";
  const bytes = Uint8Array.fromBase64(data);
  expect([...bytes.subarray(1, 4)]).toEqual([80, 78, 71]);
  const view = new DataView(bytes.buffer);
  return { data, size: [view.getUint32(16), view.getUint32(20)], text: outcome.output };
}

withScreen("a screenshot is a picture of the whole screen, and windows are on it", async () => {
  const display = await useScreen();
  const empty = await shot();
  expect(empty.size).toEqual([800, 600]);
  expect(empty.text).toBe("The screen is 800 x 600 pixels");
  await display.show("xmessage", [
    "-name",
    "hello",
    "-title",
    "hello",
    "-geometry",
    "+100+100",
    "Hello there",
  ], "hello");
  expect((await shot()).data).not.toBe(empty.data);
});

withScreen("a click on a button closes its window, and the screen changes", async () => {
  const display = await useScreen();
  const empty = await shot();
  const geometry = ["-geometry", "300x120+0+0"];
  await display.show("xmessage", ["-title", "ask", ...geometry, "-buttons", "okay", "Press it"], "ask");
  expect((await shot()).data).not.toBe(empty.data);
  // The one button stands at the lower left, below the message, which takes what room there is.
  for (let y = 20; y < 120 && (await processesWith("Press it")).length > 0; y += 12) {
    expect(await use({ action: "click", x: 25, y })).toMatchObject({ status: "finished" });
  }
  expect(await processesWith("Press it")).toEqual([]);
});

withScreen("what is typed, pressed and scrolled arrives at the window under the pointer", async () => {
  const display = await useScreen();
  const printed = await display.show("xev", ["-name", "events", "-geometry", "400x400+0+0"], "events");
  const seen = async (what: RegExp) => {
    for (let poll = 0; poll < 700 && !what.test(printed()); poll++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(printed()).toMatch(what);
  };
  expect(textOf(await use({ action: "move", x: 200, y: 150 }))).toBe("Did move");
  expect(textOf(await use({ action: "cursor_position" }))).toBe("The pointer is at 200, 150");
  expect(textOf(await use({ action: "type", text: 'aZ7 --help "$(id)" é' }))).toBe("Typed 20 characters");
  for (const character of ["a", "Z", "7", "-", '"', "\\$", "\\("]) {
    await seen(new RegExp(`gives 1 bytes:.*"${character}"`));
  }
  await seen(/eacute/);
  expect(textOf(await use({ action: "key", text: "ctrl+Return" }))).toBe("Pressed ctrl+Return");
  await seen(/Control_L[\s\S]*Return/);
  await use({ action: "double_click", x: 210, y: 160, button: "right" });
  await seen(/ButtonPress[\s\S]*button 3[\s\S]*ButtonPress[\s\S]*button 3/);
  await use({ action: "scroll", direction: "down", amount: 2 });
  await seen(/button 5[\s\S]*button 5/);
});

withScreen("a place outside the screen is refused and names its size", async () => {
  await useScreen();
  for (const args of [{ action: "move", x: 800, y: 10 }, { action: "click", x: 10, y: 600 }]) {
    expect(textOf(await use(args))).toContain("the screen is 800 x 600 pixels; take a screenshot");
  }
  expect(await use({ action: "move", x: 799, y: 599 })).toMatchObject({ status: "finished" });
  expect(textOf(await use({ action: "click", x: 5 }))).toContain("only one of x and y is given");
});

withScreen("a large screen is scaled down, and the answer says by how much", async () => {
  await useScreen("2000x1000");
  const { size, text } = await shot();
  expect(size).toEqual([sideMax, sideMax / 2]);
  expect(text).toBe(
    "The screen is 2000 x 1000 pixels; the picture is scaled, multiply its coordinates by 1.2755",
  );
});

test("arguments that an action needs are named when they are missing, and limits hold", async () => {
  Deno.env.set("DISPLAY", ":9999");
  const long = await use({ action: "type", text: "x".repeat(typedCharsMax + 1) });
  expect(textOf(long)).toContain('"text" is wrong');
  expect(textOf(await use({ action: "scroll", amount: scrollMax + 1 }))).toContain('"amount" is wrong');
  expect(textOf(await use({ action: "move", x: -1, y: 0 }))).toContain('"x" is wrong');
});

test.runIf(Deno.build.os === "linux")(
  "without a screen, or a program for it, the message says what is missing",
  async () => {
    Deno.env.delete("DISPLAY");
    expect(textOf(await use({ action: "screenshot" }))).toContain("DISPLAY is not set");
    Deno.env.set("DISPLAY", ":9999");
    const path = Deno.env.get("PATH") ?? "";
    Deno.env.set("PATH", "/nonexistent");
    try {
      expect(textOf(await use({ action: "screenshot" }))).toMatch(
        /"xdotool" was not found in PATH; install them/,
      );
    } finally {
      Deno.env.set("PATH", path);
    }
  },
);

test("waiting needs no screen and can be cancelled; a person is asked, and allowed once per action", async () => {
  expect(textOf(await use({ action: "wait", ms: 5 }))).toBe("Waited 5 ms");
  const signal = AbortSignal.timeout(20);
  const cancelled = await runTool(tool, { action: "wait", ms: 10_000 }, space.context({ signal }));
  expect(cancelled).toMatchObject({ status: "interrupted" });
  const parsed = tool.parse({ action: "click", x: 1, y: 1 });
  expect([tool.requiresConfirmation, parsed.ok && parsed.call.grant]).toEqual([true, "Computer(click)"]);
});
