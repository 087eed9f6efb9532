import type { Activation } from '../graph/activation.js';
import { isGenuine } from './genuine.js';

/** The activations of tfjs that we compute, by class name. tfjs's elu has an alpha of 1. */
const activations: ReadonlyMap<string, Activation | 'softmax'> = new Map<string, Activation | 'softmax'>([
  ['linear', { kind: 'linear' }],
  ['relu', { kind: 'relu' }],
  ['relu6', { kind: 'relu6' }],
  ['elu', { kind: 'elu', alpha: 1 }],
  ['sigmoid', { kind: 'sigmoid' }],
  ['tanh', { kind: 'tanh' }],
  ['swish', { kind: 'swish' }],
  ['softmax', 'softmax'],
]);

/** The activation of a layer; undefined for others than ours and for users' own. */
export function layerActivation(layer: object): Activation | 'softmax' | undefined {
  const activation: unknown = Reflect.get(layer, 'activation');
  if (activation === null || activation === undefined) return { kind: 'linear' };
  if (!isNamed(activation) || !isGenuine(activation)) return undefined;
  return activations.get(activation.getClassName());
}

function isNamed(value: unknown): value is { getClassName(): string } {
  return typeof value === 'object' && value !== null && 'getClassName' in value;
}
