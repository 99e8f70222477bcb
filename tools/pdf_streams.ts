// Whether the compressed streams of a PDF are modest: the PDF library unpacks a stream whole, so a few bytes made to swell
// to gigabytes must be found before it sees them. Each stream is unpacked here with a limit, and thrown away.
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { Problem } from "../src/protocol/problem.ts";

export const streamBytesMax = 64 * 1024 * 1024;
export const streamsBytesMax = 256 * 1024 * 1024;
export const streamsMax = 50_000;
const dictionaryBytesMax = 16 * 1024;
/** The most that one byte of these can become. */
const lzwGrowth = 2_800;
const runLengthGrowth = 64;
/** What comes out may be compressed again, whatever the dictionary says. */
const layersMax = 3;
const unpackers = ["FlateDecode", "Fl", "LZWDecode", "LZW", "RunLengthDecode", "RL"];

/** Throws a Problem when a stream, or all of them, would become too large. */
export async function assertModestStreams(
  bytes: Uint8Array,
  given: string,
  signal: AbortSignal,
): Promise<void> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (what: string) => new Problem("payload_too_large", `Cannot read "${given}": ${what}`);
  let total = 0;
  let count = 0;
  for (let at = file.indexOf("stream"); at >= 0; at = file.indexOf("stream", at + 6)) {
    if (file.subarray(at - 3, at).toString("latin1") === "end") continue;
    if (++count > streamsMax) throw refuse(`it has more than ${streamsMax} streams`);
    signal.throwIfAborted();
    const size = await unpackedSize(file, at, refuse);
    total += size;
    if (size > streamBytesMax || total > streamsBytesMax) {
      throw refuse("its compressed streams become too large");
    }
  }
}

async function unpackedSize(file: Buffer, at: number, refuse: (what: string) => Problem): Promise<number> {
  const filters = filtersOf(file, at);
  if (filters === "elsewhere") throw refuse("the filters of a stream are named elsewhere in it");
  const packed = filters.filter((name) => unpackers.includes(name));
  if (packed.length > 1 || filters.filter((name) => name.startsWith("A")).length > 1) {
    throw refuse("a stream is packed more than once");
  }
  const start = at + 6 + (file[at + 6] === 13 ? 1 : 0) +
    (file[at + 6 + (file[at + 6] === 13 ? 1 : 0)] === 10 ? 1 : 0);
  const end = file.indexOf("endstream", start);
  const length = (end < 0 ? file.length : end) - start;
  if (packed[0]?.startsWith("LZW")) return length * lzwGrowth;
  if (packed[0]?.startsWith("R")) return length * runLengthGrowth;
  const raw = file.subarray(start, start + length);
  if (filters.some((name) => /^(ASCIIHexDecode|AHx)$/.test(name))) return await inflatedSize(fromHex(raw));
  if (filters.some((name) => /^(ASCII85Decode|A85)$/.test(name))) return await inflatedSize(fromAscii85(raw));
  // Whatever the dictionary says, and wherever the stream says that it ends.
  return Math.max(length, await inflatedSize(file.subarray(start)));
}

/** Names of the filters in the dictionary before a stream. */
function filtersOf(file: Buffer, at: number): string[] | "elsewhere" {
  const before = file.subarray(Math.max(0, at - dictionaryBytesMax), at).toString("latin1");
  const dictionary = before.slice(before.lastIndexOf("endobj") + 1)
    .replace(/#([\da-fA-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  const named = [
    ...dictionary.matchAll(/\/Filter(?:\s|%[^\r\n]*[\r\n])*(\[[^\]]*\]|\/[A-Za-z0-9]+|\d+\s+\d+\s+R)/g),
  ];
  const values = named.map(([, value = ""]) => value);
  if (values.some((value) => /\d\s+R\b/.test(value))) return "elsewhere";
  const lists = values.map((value) => [...value.matchAll(/\/([A-Za-z0-9]+)/g)].map(([, name = ""]) => name));
  // There may be several in an odd dictionary; the longest is the one to fear.
  return lists.reduce((longest, list) => list.length > longest.length ? list : longest, []);
}

/** How large it becomes; one more than the limit when that is all that is known, 0 when it is not compressed. */
async function inflatedSize(packed: Uint8Array, layers = layersMax): Promise<number> {
  try {
    const plain = await promisify(inflate)(packed, { maxOutputLength: streamBytesMax });
    return Math.max(plain.length, layers > 0 ? await inflatedSize(plain, layers - 1) : 0);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    return code === "ERR_BUFFER_TOO_LARGE" ? streamBytesMax + 1 : 0;
  }
}

function fromHex(raw: Buffer): Uint8Array {
  return Buffer.from(raw.toString("latin1").replace(/[^\da-fA-F]/g, ""), "hex");
}

function fromAscii85(raw: Buffer): Uint8Array {
  const out: number[] = [];
  let [value, digits] = [0, 0];
  for (const unit of raw) {
    if (unit === 0x7e) break;
    if (unit === 0x7a && digits === 0) out.push(0, 0, 0, 0);
    if (unit < 0x21 || unit > 0x75) continue;
    value = value * 85 + unit - 0x21;
    if (++digits < 5) continue;
    out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
    [value, digits] = [0, 0];
  }
  return Uint8Array.from(out);
}
