// Sets of characters (UTF-16 code units) as sorted ranges: what one place of a search pattern accepts.
export type CharSet = readonly (readonly [low: number, high: number])[];

export const lastUnit = 0xffff;
const foldedUnitsMax = 4096;

export const digits: CharSet = [[48, 57]];
export const wordUnits: CharSet = [[48, 57], [65, 90], [95, 95], [97, 122]];
export const spaces: CharSet = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [
    0x202f,
    0x202f,
  ],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
/** What a dot accepts: everything but line ends. */
export const anyUnit: CharSet = negate([[10, 10], [13, 13], [0x2028, 0x2029]]);

/** `[:name:]` inside brackets. */
export const namedSets: Readonly<Record<string, CharSet>> = {
  alpha: [[65, 90], [97, 122]],
  digit: digits,
  alnum: [[48, 57], [65, 90], [97, 122]],
  upper: [[65, 90]],
  lower: [[97, 122]],
  space: spaces,
  blank: [[9, 9], [32, 32]],
  punct: [[33, 47], [58, 64], [91, 96], [123, 126]],
  xdigit: [[48, 57], [65, 70], [97, 102]],
  word: wordUnits,
};

export function normalize(set: CharSet): CharSet {
  const sorted = [...set].sort((one, other) => one[0] - other[0]);
  const merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

export function negate(set: CharSet): CharSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of normalize(set)) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= lastUnit) gaps.push([next, lastUnit]);
  return gaps;
}

export function has(set: CharSet, unit: number): boolean {
  return set.some(([low, high]) => unit >= low && unit <= high);
}

/** The set with upper and lower case of its letters; ranges of more than `foldedUnitsMax` stay as they are. */
export function ignoreCase(set: CharSet): CharSet {
  const more: [number, number][] = [];
  for (const [low, high] of set) {
    if (high - low > foldedUnitsMax) continue;
    for (let unit = low; unit <= high; unit++) {
      const character = String.fromCharCode(unit);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        if (other.length === 1 && other !== character) more.push([other.charCodeAt(0), other.charCodeAt(0)]);
      }
    }
  }
  return normalize([...set, ...more]);
}
