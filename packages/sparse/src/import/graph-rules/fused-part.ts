import { type Activation, linear } from '../../graph/activation.js';
import { type GraphScope, vectorOf } from '../graph-scope.js';
import { type Refusal, refuse } from '../layer-scope.js';

/** The bias and the activation that are part of a convolution or product. */
export interface FusedPart {
  readonly bias?: Float32Array;
  readonly activation: Activation;
}

/** Activations without a parameter, by the name that the converter gives them. */
const plain = ['relu', 'relu6', 'sigmoid'] as const;

/** What `fused_ops` of a node asks for: nothing, or `BiasAdd` and an activation. Arguments follow the two inputs. */
export async function fusedPart(scope: GraphScope, channels: number): Promise<FusedPart | Refusal> {
  const fusedOps = scope.attribute('fusedOps');
  const [biasAdd, name, ...others] = Array.isArray(fusedOps) ? fusedOps.map(String) : [];
  if (biasAdd === undefined) {
    return scope.attribute('numArgs') ? refuse('arguments without an operation') : { activation: linear };
  }
  if (biasAdd !== 'biasadd' || others.length > 0)
    return refuse(`a fused ${[biasAdd, name, ...others].join(', ')}`);
  const bias = await vectorOf(scope, scope.constant(2), channels);
  if (bias === undefined) return refuse('its bias is no constant vector');
  const activation = await activationOf(scope, name, channels);
  return activation === undefined ? refuse(`a fused ${name}`) : { bias, activation };
}

async function activationOf(
  scope: GraphScope,
  name: string | undefined,
  channels: number,
): Promise<Activation | undefined> {
  if (name === undefined) return linear;
  if (name === 'elu') return { kind: 'elu', alpha: 1 };
  if (name === 'leakyrelu') {
    // The depthwise node has no slope: backends differ in the one they take.
    const alpha = scope.attribute('leakyreluAlpha');
    return typeof alpha === 'number' ? { kind: 'leakyRelu', alpha: Math.fround(alpha) } : undefined;
  }
  if (name === 'prelu') {
    const slopes = await vectorOf(scope, scope.constant(3), channels);
    return slopes && { kind: 'prelu', slopes };
  }
  const kind = plain.find((each) => each === name);
  return kind && { kind };
}
