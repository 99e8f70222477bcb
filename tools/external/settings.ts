// What a tool of the user's own is in the configuration: a program, or an HTTP endpoint.
import { z } from "zod";
import { jsonObject } from "../../src/protocol/json.ts";

export const timeoutDefaultS = 60;
export const timeoutMaxS = 600;
export const descriptionCharsMax = 10_000;

const shared = {
  description: z.string().max(descriptionCharsMax),
  /** JSON Schema of the arguments. */
  parameters: jsonObject,
  timeoutS: z.number().positive().max(timeoutMaxS).optional(),
  /** Whether a person is asked first; left out: yes. */
  confirm: z.boolean().optional(),
};
export const processToolSettings = z.object({
  type: z.literal("process"),
  command: z.array(z.string()).min(1),
  ...shared,
});
export const httpToolSettings = z.object({
  type: z.literal("http"),
  url: z.url({ protocol: /^https?$/ }),
  /** Their values are ready to be sent: references to secrets were followed. */
  headers: z.record(z.string(), z.string()).optional(),
  ...shared,
});
export const externalToolSettings = z.discriminatedUnion("type", [processToolSettings, httpToolSettings]);
export type ProcessToolSettings = z.infer<typeof processToolSettings>;
export type HttpToolSettings = z.infer<typeof httpToolSettings>;
export type ExternalToolSettings = z.infer<typeof externalToolSettings>;

/** As providers take them. */
export const externalToolName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
