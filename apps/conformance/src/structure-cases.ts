import { attentionCases } from './structure-attention.js';
import { basicCases } from './structure-basics.js';
import type { StructureCase } from './structure-case.js';
import { constantCases } from './structure-constants.js';
import { convolutionCases } from './structure-convolutions.js';
import { layoutCases } from './structure-layouts.js';
import { mergeCases } from './structure-merges.js';
import { recurrentCases } from './structure-recurrent.js';
import { refusalCases } from './structure-refusals.js';

/** All cases, by what they are about. */
export const structureCases: Readonly<Record<string, readonly StructureCase[]>> = {
  'Dense layers and nested models': basicCases,
  Convolutions: convolutionCases,
  'Merged branches': mergeCases,
  'Flatten, permute and reshape': layoutCases,
  'Recurrent layers and embeddings': recurrentCases,
  Attention: attentionCases,
  'Dead channels, without a plan': constantCases,
  'Refused, rightly': refusalCases,
};
