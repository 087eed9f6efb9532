import { gather, serialization, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers,
  model as modelOf,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { inputPaths } from './layer-paths.js';
import type { SelectedInput } from './shrink.js';
import { StructureError } from './structure-error.js';

/** Arguments of {@link SelectFeatures}. */
export interface SelectFeaturesArgs {
  /** The name of the layer. */
  readonly name?: string;
  /** The indices that are taken, along the last axis. */
  readonly indices: readonly number[];
}

/** A layer that takes some of the features along the last axis: `[..., F]` to `[..., indices.length]`. It has no weights. */
export class SelectFeatures extends layers.Layer {
  /** The name under which the class is registered. */
  static readonly className = 'SelectFeatures';
  /** The indices that are taken. */
  readonly indices: readonly number[];

  constructor(args: SelectFeaturesArgs) {
    super({ ...(args.name !== undefined && { name: args.name }) });
    const { indices } = args;
    if (
      !Array.isArray(indices) ||
      indices.length === 0 ||
      !indices.every((i) => Number.isInteger(i) && i >= 0)
    ) {
      throw new StructureError('indices must be a list of integers of at least 0', {
        option: 'indices',
        value: indices,
      });
    }
    this.indices = [...indices];
  }

  override computeOutputShape(inputShape: (number | null)[]): (number | null)[] {
    return [...inputShape.slice(0, -1), this.indices.length];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = Array.isArray(inputs) ? (inputs[0] as Tensor) : inputs;
      return gather(x, tensor1d([...this.indices], 'int32'), -1);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), indices: [...this.indices] };
  }
}
serialization.registerClass(SelectFeatures);

/**
 * Puts a model that was shrunk with features of its inputs removed behind layers that select them: the whole takes the
 * original inputs again. It opens wherever `@secateur/structure` is imported; the shrunk model itself opens everywhere, and
 * takes `tf.gather(x, indices, -1)`.
 *
 * @param model The shrunk model. It becomes a layer of the result, which shares its weights.
 * @param selected The report's `inputs`.
 * @throws StructureError when what is selected doesn't fit the model.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { planStructure, selectFeatures, shrink } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [20] }), layers.dense({ units: 2 })],
 * });
 * const plan = await planStructure(model, { target: { macs: 0.5 }, inputs: true });
 * const { model: small, report } = await shrink(model, { plan });
 * console.log(small.inputs[0]?.shape, report.inputs[0]?.indices.length); // [ null, 13 ] 13
 * console.log(selectFeatures(small, report.inputs).inputs[0]?.shape); // [ null, 20 ]
 * ```
 */
export function selectFeatures(model: LayersModel, selected: readonly SelectedInput[]): LayersModel {
  const paths = inputPaths(model);
  const inputs = model.inputs.map(({ shape, sourceLayer: { name } }, index) => {
    const selection = selected.find(({ layer }) => layer === paths[index]);
    if (selection === undefined) return { whole: input({ batchShape: shape }), name };
    const { indices, features } = selection;
    if (shape.at(-1) !== indices.length || indices.some((index) => index >= features)) {
      throw new StructureError(
        `inputs: "${name}" takes ${shape.at(-1)} features, not ${indices.length} of ${features}`,
        {
          option: 'selected',
          value: selection,
          layer: name,
        },
      );
    }
    return { whole: input({ batchShape: [...shape.slice(0, -1), features] }), name, indices };
  });
  const taken = inputs.map(({ whole, name, indices }) =>
    indices === undefined
      ? whole
      : (new SelectFeatures({ name: `${name}_selected`, indices }).apply(whole) as SymbolicTensor),
  );
  const outputs = model.apply(taken.length === 1 ? (taken[0] as SymbolicTensor) : taken);
  return modelOf({
    inputs: inputs.map(({ whole }) => whole),
    outputs: outputs as SymbolicTensor | SymbolicTensor[],
  });
}
