import { checkFraction, checkInteger, checkWeight, notFinite, refusal } from './checks.js';
import type { Mask } from './mask.js';
import { onesMask } from './mask-making.js';
import type { MaskStrategy } from './strategy.js';
import type { WeightView } from './weight.js';
import { matricesOf } from './weight-axes.js';

/** Options of {@link nm}. */
export interface NmOptions {
  /** How many of each group are pruned at most: an integer from 1 to `group - 1`. Default 2. */
  readonly zeros?: number;
  /** How many weights a group has: an integer of at least 2. Default 4. */
  readonly group?: number;
}

/**
 * Prunes the same number of weights in every group: N:M sparsity, tfmot's `sparsity_m_by_n = (zeros, group)`.
 *
 * A group is `group` weights next to each other along the input channels, at the same spatial position and output
 * channel; the last one of a row is filled up with zeros (which count as pruned). In each group the smallest magnitudes
 * go, of equal ones those of higher index (denormals count as zeros, as in TensorFlow). It follows the schedule: at sparsity s,
 * `min(zeros, floor(group * s + 1e-6))` of each group are pruned, so a final sparsity of `zeros / group` or more
 * reaches the pattern (tfmot ignores the schedule). Works on every kind but `other`; for `embedding`, groups run along
 * the vocabulary.
 *
 * A. Mishra et al., "Accelerating sparse deep neural networks", https://arxiv.org/abs/2104.08378
 *
 * @throws MaskError when an option is not allowed; its `masks` when a weight is malformed, of kind `other`, NaN or
 * infinite.
 *
 * @example
 * ```ts
 * import { nm, unpackMask } from '@secateur/masks';
 *
 * const values = Float32Array.of(1, -4, 3, 2);
 * for (const mask of nm({ zeros: 2, group: 4 }).masks([{ name: 'w', kind: 'dense', shape: [4, 1], values }], 0.5)) {
 *   console.log(unpackMask(mask)); // Float32Array(4) [ 0, 1, 1, 0 ]
 * }
 * ```
 */
export function nm(options: NmOptions = {}): MaskStrategy {
  const { zeros = 2, group = 4 } = options;
  checkInteger('group', group, 2);
  if (!(Number.isSafeInteger(zeros) && zeros >= 1 && zeros < group)) {
    throw refusal('zeros', zeros, `an integer from 1 to group - 1, which is ${group - 1}`);
  }
  return {
    scope: 'tensor',
    prunesUnits: false,
    masks: (weights, sparsity) => {
      checkFraction('sparsity', sparsity);
      const pruned = Math.min(zeros, Math.floor(group * sparsity + 1e-6));
      return weights.map((weight) => maskGroups(weight, group, group - pruned));
    },
    getConfig: () => ({ kind: 'nm', zeros, group }),
  };
}

const smallestNormal = 0x00800000;

/** Keeps the `keep` largest magnitudes of each group. */
function maskGroups(weight: WeightView, group: number, keep: number): Mask {
  checkWeight(weight);
  const { count, rows, columns, input } = matricesOf(weight);
  const bits = new Int32Array(weight.values.buffer, weight.values.byteOffset, weight.values.length);
  const { length, words } = onesMask(bits.length);
  const [channels, others] = input === 'rows' ? [rows, columns] : [columns, rows];
  const [step, otherStep] = input === 'rows' ? [columns, 1] : [1, columns];
  const magnitudes = new Int32Array(Math.min(group, channels));
  for (let matrix = 0; matrix < count; matrix++) {
    for (let first = 0; first < channels; first += group) {
      const size = Math.min(group, channels - first);
      for (let other = 0; other < others; other++) {
        const start = matrix * rows * columns + first * step + other * otherStep;
        for (let i = 0; i < size; i++) {
          const magnitude = (bits[start + i * step] as number) & 0x7fffffff;
          if (magnitude >= 0x7f800000) throw notFinite(weight, start + i * step);
          magnitudes[i] = magnitude < smallestNormal ? 0 : magnitude;
        }
        for (let pruned = keep; pruned < size; pruned++) {
          const index = start + takeSmallest(magnitudes, size) * step;
          words[index >>> 5] = (words[index >>> 5] as number) & ~(1 << (index & 31));
        }
      }
    }
  }
  return { length, words };
}

/** The place of the smallest of the first `size` magnitudes, of equal ones the last, which is then out of the way. */
function takeSmallest(magnitudes: Int32Array, size: number): number {
  let place = 0;
  let smallest = 0x7fffffff;
  for (let i = 0; i < size; i++) {
    const magnitude = magnitudes[i] as number;
    if (magnitude <= smallest) {
      smallest = magnitude;
      place = i;
    }
  }
  magnitudes[place] = 0x7fffffff;
  return place;
}
