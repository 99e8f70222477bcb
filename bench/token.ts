// The credential of a daemon as a request header.
export function authorization(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
