// What each platform runs for an action on its screen: pure builders of argument lists. Text of the model is always an
// argument or standard input of its own, never part of a script.
export type Action =
  | { action: "move"; x: number; y: number }
  | { action: "click" | "double_click"; x?: number | undefined; y?: number | undefined; button: Button }
  | { action: "type"; text: string }
  | { action: "key"; key: string }
  | {
    action: "scroll";
    x?: number | undefined;
    y?: number | undefined;
    direction: Direction;
    amount: number;
  };
export type Button = "left" | "middle" | "right";
export type Direction = "up" | "down" | "left" | "right";

export interface Command {
  program: string;
  args: readonly string[];
  stdin?: string;
}

/** How one platform is worked; null where it cannot do an action. */
export interface ScreenCommands {
  /** Programs that must be there, and how they are had. */
  programs: readonly string[];
  install: string;
  act(action: Action): Command | null;
  /** Writes a PNG to `path`. */
  screenshot(path: string): readonly Command[];
  /** Prints two numbers: width and height. */
  size(): Command;
  /** Prints two numbers: x and y. */
  cursor(): Command | null;
}

/** A key or several at once, as in `ctrl+shift+t`, `Return`, `F5`. */
export const keyPattern = /^[A-Za-z0-9_]{1,20}(\+[A-Za-z0-9_]{1,20}){0,3}$/;

/** Two whole numbers in what a program printed. */
export function twoNumbers(printed: string): [number, number] | null {
  const [, one, other] = /(-?\d{1,6})\D+?(-?\d{1,6})/.exec(printed) ?? [];
  return one === undefined || other === undefined ? null : [Number(one), Number(other)];
}
