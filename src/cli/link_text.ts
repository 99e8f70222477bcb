// What a person is told about the way to the daemon while they watch a session.

export function linkText(isUp: boolean): string {
  return isUp ? "The daemon is back, nothing was missed" : "The daemon is gone; looking for it again";
}
