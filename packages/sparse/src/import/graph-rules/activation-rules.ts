import type { Activation } from '../../graph/activation.js';
import { type GraphRule, vectorOf } from '../graph-scope.js';
import { refuse } from '../layer-scope.js';

const activate =
  (activation: Activation): GraphRule =>
  async (scope) =>
    scope.emit({ kind: 'activate', activation }, [await scope.value(0)]);

const leakyRelu: GraphRule = async (scope) => {
  const alpha = scope.attribute('alpha');
  if (typeof alpha !== 'number') return refuse('it has no slope');
  return scope.emit({ kind: 'activate', activation: { kind: 'leakyRelu', alpha: Math.fround(alpha) } }, [
    await scope.value(0),
  ]);
};

const prelu: GraphRule = async (scope) => {
  const x = await scope.value(0);
  const shape = scope.shape(x);
  const slopes = await vectorOf(scope, scope.constant(1), shape?.at(-1), shape?.length);
  if (slopes === undefined) return refuse('its slopes are no vector per channel');
  return scope.emit({ kind: 'activate', activation: { kind: 'prelu', slopes } }, [x]);
};

const softmax: GraphRule = async (scope) => {
  const x = await scope.value(0);
  if (scope.shape(x) === undefined) return refuse('the rank of its input');
  return scope.emit({ kind: 'softmax' }, [x]);
};

const identity: GraphRule = (scope) => scope.value(0);

export const activationRules: Readonly<Record<string, GraphRule>> = {
  Relu: activate({ kind: 'relu' }),
  Relu6: activate({ kind: 'relu6' }),
  Elu: activate({ kind: 'elu', alpha: 1 }),
  Sigmoid: activate({ kind: 'sigmoid' }),
  Tanh: activate({ kind: 'tanh' }),
  LeakyRelu: leakyRelu,
  Prelu: prelu,
  Softmax: softmax,
  Identity: identity,
  StopGradient: identity,
  Snapshot: identity,
  // tfjs ignores it.
  FakeQuantWithMinMaxVars: identity,
};
