// What the holder of a data folder writes into `<data>/lock`, for whoever comes second.
import { z } from "zod";

export const lockHolder = z.object({
  pid: z.number().int(),
  url: z.string().optional(),
  started_at: z.string(),
});
export type LockHolder = z.infer<typeof lockHolder>;
