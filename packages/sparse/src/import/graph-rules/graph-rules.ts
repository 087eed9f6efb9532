import type { GraphRule } from '../graph-scope.js';
import { activationRules } from './activation-rules.js';
import { arithmeticRules } from './arithmetic-rules.js';
import { convolutionRules } from './convolution-rules.js';
import { poolingRules } from './pooling-rules.js';
import { productRules } from './product-rules.js';
import { shapeRules } from './shape-rules.js';

/** How the nodes that we compute become operations, by op. */
export const graphRules: ReadonlyMap<string, GraphRule> = new Map(
  Object.entries({
    ...convolutionRules,
    ...productRules,
    ...arithmeticRules,
    ...activationRules,
    ...poolingRules,
    ...shapeRules,
  }),
);
