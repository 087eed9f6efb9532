import { show } from './checks.js';
import type { Mask } from './mask.js';
import { MaskError } from './mask-error.js';
import { packMask } from './mask-making.js';
import { isKept } from './mask-reading.js';
import { unitsOf, type WeightLayout } from './weight-axes.js';

/**
 * The mask of a weight's output units: a unit is kept when any of its weights is. It masks the bias of the layer.
 *
 * @param mask - of the weight.
 * @param weight - its kind, which is not `other`, and its shape.
 * @throws MaskError when the weight has no output units, or the mask another length.
 *
 * @example
 * ```ts
 * import { packMask, unitMask, unpackMask } from '@secateur/masks';
 *
 * const mask = packMask([0, 1, 0, 0]);
 * console.log(unpackMask(unitMask(mask, { kind: 'dense', shape: [2, 2] }))); // Float32Array(2) [ 0, 1 ]
 * ```
 */
export function unitMask(mask: Mask, weight: WeightLayout): Mask {
  const { outer, units, inner } = unitsOf(weight);
  if (mask.length !== outer * units * inner) {
    throw new MaskError(
      `The mask of a weight of shape ${show(weight.shape)} must have length ${outer * units * inner}, but has ${mask.length}.`,
      { option: 'mask', value: mask.length },
    );
  }
  const kept = new Uint8Array(units);
  let index = 0;
  for (let o = 0; o < outer; o++) {
    for (let unit = 0; unit < units; unit++) {
      for (let i = 0; i < inner; i++, index++) if (isKept(mask, index)) kept[unit] = 1;
    }
  }
  return packMask(kept);
}
