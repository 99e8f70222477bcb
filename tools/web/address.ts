// Which addresses may be reached: public ones only. Addresses that hold an IPv4 address are judged by that one.
import ipaddr from "ipaddr.js";

/** Where clouds hand keys to whoever asks from inside; never reached, also when private networks are allowed. */
const metadata = new Set([
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
]);
/** Ranges of ipaddr.js that are a person's own machine or network. */
const privateRanges = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);
/** 2000::/3 is all that is given out to the public. */
const publicIpv6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];
const nat64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("64:ff9b::"), 96];

export type AddressKind = "public" | "private" | "refused";

/** `private` is refused unless the user's configuration says otherwise; `refused` always is. */
export function addressKind(text: string): AddressKind {
  if (!ipaddr.isValid(text) || text.includes("%")) return "refused";
  const address = unwrap(ipaddr.parse(text));
  if (metadata.has(address.toString())) return "refused";
  const range = address.range();
  if (privateRanges.has(range)) return "private";
  if (range !== "unicast") return "refused";
  return address instanceof ipaddr.IPv4 || address.match(publicIpv6) ? "public" : "refused";
}

/**
 * The IPv4 address inside a mapped or NAT64 address. Those of 6to4 and Teredo are ranges of their own and refused whole:
 * nobody is reached by them any more.
 */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (!address.match(nat64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}
