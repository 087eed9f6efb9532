import type { LayerRule } from './layer-scope.js';
import { activationRules } from './rules/activation-rules.js';
import { convolutionRules } from './rules/convolution-rules.js';
import { denseRules } from './rules/dense-rules.js';
import { mergeRules } from './rules/merge-rules.js';
import { normRules } from './rules/norm-rules.js';
import { poolingRules } from './rules/pooling-rules.js';
import { shapeRules } from './rules/shape-rules.js';

/** How the layers that we compute become operations, by class name. */
export const layerRules: ReadonlyMap<string, LayerRule> = new Map(
  Object.entries({
    ...denseRules,
    ...convolutionRules,
    ...normRules,
    ...activationRules,
    ...poolingRules,
    ...shapeRules,
    ...mergeRules,
  }),
);
