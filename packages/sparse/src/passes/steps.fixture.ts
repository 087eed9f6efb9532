import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { Weights } from '../graph/weights.js';
import type { ForeignNode, ImportedModel, ImportedNode, NativeNode } from '../import/imported-model.js';

/** A step of ours, named after its output. */
export function step(operation: Operation, inputs: readonly ValueId[], output: ValueId): NativeNode {
  return { kind: 'native', name: `layer ${output}`, layer: `layer ${output}`, operation, inputs, output };
}

/** A step of tfjs, named after its outputs. */
export function foreign(inputs: readonly ValueId[], outputs: readonly ValueId[]): ForeignNode {
  const name = `layer ${outputs}`;
  const run = () => {
    throw new Error('not to be run');
  };
  return { kind: 'foreign', name, layers: [name], inputs, outputs, reason: 'a test', run };
}

/** A model of steps. */
export function modelOf(
  nodes: readonly ImportedNode[],
  outputs: readonly ValueId[],
  inputs: readonly ValueId[] = [0],
): ImportedModel {
  return {
    nodes,
    inputs: inputs.map((id) => ({ id, name: `input ${id}`, shape: [null], dtype: 'float32' })),
    outputs,
    outputNames: outputs.map((id) => `output ${id}`),
    layers: nodes.map(({ name, kind }) => ({
      name,
      className: kind,
      fate: kind === 'native' ? { kind } : { kind: 'tfjs', reason: 'a test' },
    })),
  };
}

/** What each layer of a model has become, in short. */
export function fates({ layers }: ImportedModel): Record<string, string> {
  return Object.fromEntries(
    layers.map(({ name, fate }) => [name, fate.kind === 'folded' ? `in ${fate.into}` : fate.kind]),
  );
}

const linear = { kind: 'linear' } as const;
const window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;

/** Operations of two channels. */
export const operations = {
  product: {
    kind: 'product',
    weights: new Weights(Float32Array.of(1, 0, -2, 3), [1, 1, 2, 2]),
    bias: Float32Array.of(10, 20),
    activation: linear,
  },
  unbiased: {
    kind: 'convolution',
    weights: new Weights(Float32Array.of(1, 0, -2, 3), [1, 1, 2, 2]),
    window,
    activation: linear,
  },
  depthwise: {
    kind: 'depthwise',
    filter: Float32Array.of(1, 2, 3, 4),
    channels: 1,
    multiplier: 2,
    window: { ...window, size: [2, 1] },
    bias: Float32Array.of(1, 1),
    activation: linear,
  },
  affine: { kind: 'affine', scale: Float32Array.of(2, -3), shift: Float32Array.of(5, 7), activation: linear },
  relu: { kind: 'activate', activation: { kind: 'relu' } },
  prelu: { kind: 'activate', activation: { kind: 'prelu', slopes: Float32Array.of(0.1, 0.2) } },
  add: { kind: 'binary', operator: 'add', activation: linear },
  softmax: { kind: 'softmax' },
  pool: { kind: 'globalPool', mode: 'max', keepDims: true },
  pad: { kind: 'pad', top: 1, bottom: 2, left: 3, right: 4 },
  sequence: { kind: 'reshape', shape: [-1, 5, 2] },
  image: { kind: 'reshape', shape: [-1, 1, 5, 2] },
  flat: { kind: 'reshape', shape: [-1, 10] },
} as const satisfies Record<string, Operation>;
