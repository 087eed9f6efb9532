import type { ValueId } from '../graph/graph.js';
import { SparseError } from '../sparse-error.js';
import { isGenuine } from './genuine.js';
import type { OpenShape } from './imported-model.js';
import type { LayerLike, LayersModelLike, SymbolicTensorLike } from './layers-model-like.js';

/** A layer at work on certain values. A shared layer has several calls. */
export interface LayerCall {
  readonly layer: LayerLike;
  /** The names of the models it is nested in, and its own. */
  readonly path: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly inputShapes: readonly OpenShape[];
  readonly outputShapes: readonly OpenShape[];
}

/** The calls of a model, nested models resolved, in an order in which they can run. */
export interface LayerCalls {
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Whether it has models in it. */
  readonly isNested: boolean;
}

/** Whether a layer is a model of layers, and nothing else. */
function isContainer(layer: LayerLike): layer is LayersModelLike {
  return containerNames.has(layer.getClassName()) && isGenuine(layer);
}

const containerNames: ReadonlySet<string> = new Set(['Model', 'Functional', 'Sequential']);

/** Follows a model's outputs back to its inputs. */
export function layerCalls(model: LayersModelLike): LayerCalls {
  const calls: LayerCall[] = [];
  let count = 0;
  let isNested = false;
  const inputs = model.inputs.map(() => count++);
  return { inputs, outputs: callModel(model, inputs, ''), calls, isNested };

  function callModel(container: LayersModelLike, given: readonly ValueId[], prefix: string): ValueId[] {
    const known = new Map<number, ValueId>();
    container.inputs.forEach(({ id }, index) => {
      known.set(id, given[index] ?? 0);
    });
    return container.outputs.map(lookUp);

    function lookUp(tensor: SymbolicTensorLike): ValueId {
      const value = known.get(tensor.id);
      if (value !== undefined) return value;
      const { sourceLayer: layer, nodeIndex } = tensor;
      const node = layer.inboundNodes[nodeIndex];
      if (node === undefined || node.inputTensors.length === 0) {
        throw new SparseError(`'${layer.name}' is no input of the model '${container.name}'`, {
          option: 'model',
          value: container.name,
        });
      }
      const from = node.inputTensors.map(lookUp);
      const path = prefix + layer.name;
      const outputs = isContainer(layer) ? enter(layer, from, path) : node.outputTensors.map(() => count++);
      node.outputTensors.forEach(({ id }, index) => {
        known.set(id, outputs[index] ?? 0);
      });
      if (!isContainer(layer)) {
        const [inputShapes, outputShapes] = [node.inputTensors, node.outputTensors].map((tensors) =>
          tensors.map(({ shape }) => shape),
        ) as [OpenShape[], OpenShape[]];
        calls.push({ layer, path, inputs: from, outputs, inputShapes, outputShapes });
      }
      return known.get(tensor.id) ?? 0;
    }
  }

  function enter(container: LayersModelLike, given: readonly ValueId[], path: string): ValueId[] {
    isNested = true;
    return callModel(container, given, `${path}/`);
  }
}
