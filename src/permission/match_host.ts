// Hosts of addresses: compared label by label, never by how a text begins or ends.

export const hostMark = "domain:";

interface Host {
  labels: readonly string[];
  /** `*.example.com`: every host below it, and not itself. */
  below: boolean;
}

/** The specifier `domain:HOST` or `domain:*.HOST`; null when it is none. */
export function readHost(specifier: string): Host | null {
  if (!specifier.startsWith(hostMark)) return null;
  const text = specifier.slice(hostMark.length).trim();
  const below = text.startsWith("*.");
  const host = below ? text.slice(2) : text;
  if (host === "" || /[\s/:?#@*\\%]/.test(host.replace(/^\[[0-9A-Fa-f:.]+\]$/, ""))) return null;
  const labels = labelsOf(`http://${host}/`);
  return labels === null ? null : { labels, below };
}

/** Whether the host of this address is the one of the specifier. False for what is no address. */
export function matchesHost(specifier: string, address: string): boolean {
  const wanted = readHost(specifier);
  const labels = labelsOf(address);
  if (wanted === null || labels === null) return false;
  const { labels: own, below } = wanted;
  if (below ? labels.length <= own.length : labels.length !== own.length) return false;
  return own.every((label, index) => label === labels[labels.length - own.length + index]);
}

/** Labels in lower case and ASCII, as the web's own rules give them; a dot at the end says nothing. */
function labelsOf(address: string): string[] | null {
  const host = URL.parse(address)?.hostname.replace(/\.$/, "");
  return host === undefined || host === "" ? null : host.split(".");
}
