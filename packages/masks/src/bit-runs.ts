/** Sets the bits from `start` up to, not including, `end`. */
export function setBits(words: Uint32Array, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const offset = at & 31;
    const count = Math.min(32 - offset, end - at);
    words[at >>> 5] = (words[at >>> 5] as number) | ((0xffffffff >>> (32 - count)) << offset);
    at += count;
  }
}

/** Sets, from bit `start` on, the bits that are set in `pattern`, of which bits past `length` are 0. */
export function setPattern(words: Uint32Array, start: number, pattern: Uint32Array, length: number): void {
  const offset = start & 31;
  let at = start >>> 5;
  for (let i = 0; i * 32 < length; i++, at++) {
    const word = pattern[i] as number;
    words[at] = (words[at] as number) | (word << offset);
    if (offset > 0 && at + 1 < words.length) {
      words[at + 1] = (words[at + 1] as number) | (word >>> (32 - offset));
    }
  }
}
