import type { ImportedModel } from '../import/imported-model.js';
import { dropIdentities } from './drop-identities.js';
import { foldAffine } from './fold-affine.js';
import { foldPadding } from './fold-padding.js';
import { fuseActivation } from './fuse-activation.js';
import { fuseSwish } from './fuse-swish.js';

/** In this order: scales have to be part of a convolution before an activation closes it, and folding leaves reshapes side by side. */
const passes = [dropIdentities, foldAffine, fuseSwish, fuseActivation, foldPadding, dropIdentities];

/** The same model in fewer steps. Its values differ by the rounding of float32 at most. */
export function optimize(model: ImportedModel): ImportedModel {
  return passes.reduce((current, pass) => pass(current), model);
}
