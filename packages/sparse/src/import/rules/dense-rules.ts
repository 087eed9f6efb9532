import type { ValueId } from '../../graph/graph.js';
import { isGenuine } from '../genuine.js';
import { chain, type LayerRule, type LayerScope, type Refusal, refuse } from '../layer-scope.js';

async function dense(scope: LayerScope): Promise<ValueId | Refusal> {
  const weights = await scope.weights.filter('kernel');
  if (weights === undefined) return refuse('it has no kernel');
  const bias = await scope.weights.bias();
  return chain(scope, (activation) => [{ kind: 'product', weights, ...bias, activation }]);
}

/** The same layer for each step of a sequence: a dense layer works on the last axis anyway. */
const timeDistributed: LayerRule = (scope) => {
  const { layer } = scope;
  if (layer.getClassName() === 'Dense' && isGenuine(layer)) return dense(scope);
  return refuse(`it repeats a layer of class ${layer.getClassName()}`);
};

export const denseRules: Readonly<Record<'Dense' | 'TimeDistributed', LayerRule>> = {
  Dense: dense,
  TimeDistributed: timeDistributed,
};
