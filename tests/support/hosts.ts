// The hosts that the suites of the doors run against: each is opened empty and closed at the end of a test.
import type { Host } from "../../actors/host.ts";
import { openMemoryHost } from "./memory_host.ts";

export interface OpenHost {
  host: Host;
  close(): Promise<void>;
}

export interface HostKind {
  name: string;
  open(): Promise<OpenHost>;
}

/** One line for each kind. */
export const hostKinds: readonly HostKind[] = [
  {
    name: "memory host",
    open: () => {
      const host = openMemoryHost();
      return Promise.resolve({ host, close: () => Promise.resolve(host.close()) });
    },
  },
];
