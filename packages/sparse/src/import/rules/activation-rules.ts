import type { Activation } from '../../graph/activation.js';
import { chain, type LayerRule, refuse } from '../layer-scope.js';

const activation: LayerRule = (scope) =>
  chain(scope, (each) => (each.kind === 'linear' ? [] : [{ kind: 'activate', activation: each }]));

const identity: LayerRule = ({ inputs }) => inputs[0] ?? 0;

const reLU: LayerRule = ({ inputs, config, emit }) => {
  const { maxValue } = config;
  if (maxValue !== null && maxValue !== undefined && maxValue !== 6)
    return refuse(`its maximum of ${maxValue}`);
  return emit({ kind: 'activate', activation: { kind: maxValue === 6 ? 'relu6' : 'relu' } }, inputs);
};

const leakyReLU: LayerRule = ({ inputs, config, emit }) => {
  const { alpha } = config;
  if (typeof alpha !== 'number') return refuse('it has no slope');
  return emit({ kind: 'activate', activation: { kind: 'leakyRelu', alpha: Math.fround(alpha) } }, inputs);
};

const elu: LayerRule = ({ inputs, emit }) =>
  emit({ kind: 'activate', activation: { kind: 'elu', alpha: 1 } }, inputs);

/** Slopes per channel, or one for all. Those per position are left to tfjs. */
const prelu: LayerRule = async ({ inputs, inputShapes, weights, emit }) => {
  const shape = weights.shape('alpha');
  const slopes = await weights.values('alpha');
  if (shape === undefined || slopes === undefined) return refuse('it has no slopes');
  const channels = inputShapes[0]?.at(-1);
  const [slope] = slopes;
  if (shape.slice(0, -1).some((size) => size !== 1) || typeof channels !== 'number' || slope === undefined) {
    return refuse('its slopes differ from position to position');
  }
  const shared: Activation = { kind: 'leakyRelu', alpha: slope };
  return emit(
    { kind: 'activate', activation: slopes.length === channels ? { kind: 'prelu', slopes } : shared },
    inputs,
  );
};

const softmax: LayerRule = ({ inputs, inputShapes, config, emit }) => {
  const { axis } = config;
  const rank = inputShapes[0]?.length ?? 0;
  if (axis !== -1 && axis !== rank - 1) return refuse(`it is over axis ${axis}, not the last`);
  return emit({ kind: 'softmax' }, inputs);
};

type ActivationLayer =
  | 'Activation'
  | 'ReLU'
  | 'LeakyReLU'
  | 'PReLU'
  | 'ELU'
  | 'Softmax'
  | 'Dropout'
  | 'SpatialDropout1D'
  | 'GaussianNoise'
  | 'GaussianDropout'
  | 'AlphaDropout';

export const activationRules: Readonly<Record<ActivationLayer, LayerRule>> = {
  Activation: activation,
  ReLU: reLU,
  LeakyReLU: leakyReLU,
  PReLU: prelu,
  ELU: elu,
  Softmax: softmax,
  // They change nothing but in training.
  Dropout: identity,
  SpatialDropout1D: identity,
  GaussianNoise: identity,
  GaussianDropout: identity,
  AlphaDropout: identity,
};
