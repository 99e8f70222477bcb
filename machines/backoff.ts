// How long whatever failed waits before it begins again.

/** The longest wait, however often it has doubled. */
const backoffMsMax = 3_600_000;

/** `failures`: how often it has failed, the last time included; each wait is twice the one before. */
export function backoffMs(firstMs: number, failures: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), backoffMsMax);
}
