import { tidy } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph.js';
import { listOf } from './foreign-layer.js';
import type { ForeignNode, ImportedInput, ImportedModel } from './imported-model.js';
import type { LayerCalls } from './layer-calls.js';
import type { LayersModelLike } from './layers-model-like.js';

/** A model that tfjs runs as it is. */
export function wholeModel(
  model: LayersModelLike,
  { calls, inputs, outputs }: LayerCalls,
  reason: string,
): ImportedModel {
  const layers = new Map(calls.map(({ layer, path }) => [path, layer.getClassName()]));
  const node: ForeignNode = {
    kind: 'foreign',
    ...{ name: model.name, layers: [...layers.keys()], inputs, reason },
    outputs: outputs.map((_, index) => index + inputs.length),
    run: (given) =>
      tidy(() =>
        listOf(model.apply([...given])).map((output) => (given.includes(output) ? output.clone() : output)),
      ),
  };
  return {
    nodes: [node],
    inputs: inputsOf(model, inputs),
    outputs: node.outputs,
    outputNames: model.outputNames,
    layers: [...layers].map(([name, className]) => ({ name, className, fate: { kind: 'tfjs', reason } })),
  };
}

/** The inputs of a model under their ids. tfjs predicts any number of examples, also where the batch is given. */
export function inputsOf(model: LayersModelLike, ids: readonly ValueId[]): ImportedInput[] {
  return model.inputs.map(({ shape, dtype }, index) => ({
    ...{ id: ids[index] ?? 0, name: model.inputNames[index] ?? '', dtype },
    shape: shape.map((size, axis) => (axis === 0 ? null : size)),
  }));
}
