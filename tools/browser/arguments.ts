// The arguments of Browser: one object with fields that belong to some actions, as models know it, made exact here.
import { z } from "zod";
import { urlCharsMax } from "../web/web_url.ts";

export const waitMsMax = 30_000;
const ref = z.string().regex(/^(f\d{1,4})?e\d{1,7}$/, "a ref as in [ref=e12]").optional();
const selector = z.string().min(1).max(1_000).optional();
const words = z.string().min(1).max(1_000).optional();

/** Each action and what it takes: parsed a second time after the open form, so that a missing field is named. */
export const exactArguments = z.discriminatedUnion("action", [
  z.object({ action: z.literal("open"), url: z.string().min(1).max(urlCharsMax) }),
  z.object({ action: z.literal("read"), format: z.enum(["outline", "markdown"]).optional() }),
  z.object({ action: z.literal("click"), ref, selector, text: words }),
  z.object({
    action: z.literal("type"),
    ref,
    selector,
    text: z.string().max(20_000),
    submit: z.boolean().optional(),
  }),
  z.object({ action: z.literal("screenshot"), full_page: z.boolean().optional() }),
  z.object({ action: z.literal("back") }),
  z.object({
    action: z.literal("wait"),
    text: words,
    selector,
    ms: z.number().int().min(1).max(waitMsMax).optional(),
  }),
  z.object({ action: z.literal("close") }),
]);
export type BrowserArgs = z.infer<typeof exactArguments>;

/** What models are shown: providers want one object, not a choice of several. */
export const shownArguments = z.strictObject({
  action: z.enum(["open", "read", "click", "type", "screenshot", "back", "wait", "close"]),
  url: z.string().min(1).max(urlCharsMax).optional().describe("open: the page"),
  format: z.enum(["outline", "markdown"]).optional().describe(
    "read: an outline with refs for click and type (default), or the text as Markdown",
  ),
  ref: z.string().max(20).optional().describe("click, type: the element, a ref of the last outline"),
  selector: z.string().min(1).max(1_000).optional().describe(
    "click, type, wait: the element by a CSS selector",
  ),
  text: z.string().max(20_000).optional().describe(
    "type: what to type; click, wait: the element with this text",
  ),
  submit: z.boolean().optional().describe("type: press Enter after it"),
  full_page: z.boolean().optional().describe("screenshot: all of the page, not only what is in view"),
  ms: z.number().int().min(1).max(waitMsMax).optional().describe("wait: how long at most"),
});
