import type { Mask } from './mask.js';
import type { WeightView } from './weight.js';

/** Which weights stand or fall together, as groups, and what a group is worth. */
export interface Granularity {
  /** The score of each group, of which the magnitude is ranked. May be the values of the weight; not written to. */
  scores(weight: WeightView): Float32Array;
  /** The mask of the weights of which the groups in `groups` are kept. */
  expand(groups: Mask, weight: WeightView): Mask;
}

/** Each weight by itself, worth its magnitude. */
export const singleWeights: Granularity = {
  scores: (weight) => weight.values,
  expand: (groups) => groups,
};
