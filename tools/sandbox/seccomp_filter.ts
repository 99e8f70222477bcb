// The system call filter of the sandbox, in the kernel's classic BPF: a list of eight-byte instructions that bubblewrap
// loads from a file. What it refuses fails with EPERM, so that programs can say so; calls of another machine end them.
import { auditArchitecture, callNumbers, type Machine, numberOf, refusedCalls } from "./system_calls.ts";

/** Offsets in what the kernel shows a filter. Arguments are 64 bits, the low half first on both machines. */
const numberAt = 0;
const architectureAt = 4;
const argumentAt = (index: number) => 16 + 8 * index;

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfBits = 0x45;
const ret = 0x06;

const allow = 0x7fff0000;
const kill = 0x80000000;
const fail = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;

/** The 32-bit numbers of x86_64 have this bit. */
const x32Bit = 0x40000000;
/** Every namespace that `clone` could make. */
const namespaceBits = 0x7e020000;
/** Of `ioctl`: puts words into a terminal's input, or asks for the console's menu. */
const terminalRequests = [0x5412, 0x541c];
/** IPv4, IPv6, netlink: all that a command needs for its own loopback. Unix sockets lead to daemons outside. */
const socketFamilies = [2, 10, 16];

type Step = readonly [code: number, value: number, ifTrue?: number, ifFalse?: number];

const killAbove: readonly Step[] = [[jumpIfAtLeast, x32Bit, 0, 1], [ret, kill]];

export function seccompFilter(machine: Machine): Uint8Array<ArrayBuffer> {
  return assemble([
    [load, architectureAt],
    [jumpIfEqual, auditArchitecture[machine], 1, 0],
    [ret, kill],
    [load, numberAt],
    ...(machine === "x86_64" ? killAbove : []),
    ...Object.values(refusedCalls).flatMap((pair) => refuse(numberOf(pair, machine), EPERM)),
    // The flags of clone3 are in memory, which a filter cannot read; libraries fall back to clone.
    ...refuse(numberOf(callNumbers.clone3, machine), ENOSYS),
    ...onCall(numberOf(callNumbers.clone, machine), [
      [load, argumentAt(0)],
      [jumpIfBits, namespaceBits, 0, 1],
      [ret, fail(EPERM)],
      [ret, allow],
    ]),
    ...onCall(numberOf(callNumbers.ioctl, machine), [
      [load, argumentAt(1)],
      ...terminalRequests.flatMap((request) => refuse(request, EPERM)),
      [ret, allow],
    ]),
    ...onCall(numberOf(callNumbers.socket, machine), [
      [load, argumentAt(0)],
      ...socketFamilies.flatMap((family): Step[] => [[jumpIfEqual, family, 0, 1], [ret, allow]]),
      [ret, fail(EPERM)],
    ]),
    [ret, allow],
  ]);
}

/** Fails with this error when the loaded word has the value. */
function refuse(value: number, errno: number): Step[] {
  return value < 0 ? [] : [[jumpIfEqual, value, 0, 1], [ret, fail(errno)]];
}

/** Steps for one call, which all end it; those of others jump over them. */
function onCall(number: number, steps: readonly Step[]): Step[] {
  return [[jumpIfEqual, number, 0, steps.length], ...steps];
}

function assemble(steps: readonly Step[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  steps.forEach(([code, value, ifTrue = 0, ifFalse = 0], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, value, true);
  });
  return bytes;
}
