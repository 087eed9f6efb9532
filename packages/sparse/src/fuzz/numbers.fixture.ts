import type { Random } from './random.fixture.js';

/**
 * What weights, biases and inputs are like. `integers` are so small that sums of them are exact in float32; `quantized` ones
 * become multiples of a step of their channel.
 */
export const numberKinds = ['usual', 'integers', 'denormal', 'tiny', 'huge', 'spread', 'quantized'] as const;
export type NumberKind = (typeof numberKinds)[number];

/** A weight of a kind; none is zero. */
export function weightOf(kind: NumberKind, random: Random): number {
  const sign = random.chance(0.5) ? 1 : -1;
  switch (kind) {
    case 'usual':
      return sign * (0.01 + random.next());
    case 'integers':
      return sign * random.integer(1, 4);
    case 'quantized':
      return sign * random.integer(1, random.pick([1, 3, 127]));
    case 'denormal':
      return sign * (1 + random.integer(0, 8_000_000)) * 2 ** -149;
    case 'tiny':
      return sign * (0.5 + random.next()) * 1e-25;
    case 'huge':
      return sign * (0.5 + random.next()) * 1e18;
    case 'spread':
      return sign * 10 ** (20 * random.next() - 12);
  }
}

/** An input of a kind; some are zeros of either sign. */
export function inputOf(kind: NumberKind, random: Random): number {
  if (random.chance(0.05)) return random.chance(0.5) ? 0 : -0;
  const sign = random.chance(0.5) ? 1 : -1;
  switch (kind) {
    case 'usual':
    case 'quantized':
    case 'denormal':
      return sign * 2 * random.next();
    case 'integers':
      return sign * random.integer(0, 8);
    case 'tiny':
      return sign * random.next() * 1e-15;
    case 'huge':
      return sign * random.next() * 9e9;
    case 'spread':
      return sign * 10 ** (16 * random.next() - 8);
  }
}

/** Floats from a function of nothing. */
export function floats(count: number, make: () => number): Float32Array {
  return Float32Array.from({ length: count }, make);
}

/** Replaces one to three of the values by NaN or infinities. */
export function spoil(values: Float32Array, random: Random): void {
  for (let left = random.integer(1, 3); left > 0; left -= 1) {
    values[random.integer(0, values.length - 1)] = random.pick([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  }
}
