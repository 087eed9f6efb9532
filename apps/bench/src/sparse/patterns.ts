import { applyMask, block, type MaskStrategy, magnitude, type WeightView } from '@secateur/masks';

/** Where the zeros of a layer are. */
export type Pattern = 'unstructured' | '4x1' | '8x1';

/** What prunes in a pattern: single weights, or blocks of output channels. */
export const strategies: Readonly<Record<Pattern, MaskStrategy>> = {
  unstructured: magnitude(),
  '4x1': block({ blockSize: [1, 4] }),
  '8x1': block({ blockSize: [1, 8] }),
};

/** Random weights, some of them set to zero. */
export function prunedWeights(
  shape: readonly number[],
  pattern: Pattern,
  sparsity: number,
  random: () => number,
): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const scale = Math.sqrt(2 / (size / (shape.at(-1) as number)));
  const values = Float32Array.from({ length: size }, () => scale * gaussian(random));
  const view: WeightView = { name: 'kernel', kind: shape.length === 2 ? 'dense' : 'conv', shape, values };
  if (sparsity > 0) for (const mask of strategies[pattern].masks([view], sparsity)) applyMask(values, mask);
  return values;
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
