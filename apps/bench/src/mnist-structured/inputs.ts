import { type SelectedInput, SelectFeatures, selectFeatures } from '@secateur/structure';
import { LayersModel } from '@tensorflow/tfjs-layers';

/** A model without the selection of input features in front of it. */
export interface Unwrapped {
  readonly inner: LayersModel;
  /** The indices of the features that it takes; undefined when there was no selection. */
  readonly indices: readonly number[] | undefined;
}

/** Takes the selection off, where there is one. */
export function unwrap(model: LayersModel): Unwrapped {
  const selection = model.layers.find((layer) => layer instanceof SelectFeatures);
  const inner = model.layers.find((layer) => layer instanceof LayersModel);
  return selection === undefined || inner === undefined
    ? { inner: model, indices: undefined }
    : { inner, indices: selection.indices };
}

/** Puts a selection in front of a shrunk model: of what an earlier one left, where there was one. */
export function wrap(
  model: LayersModel,
  [selected]: readonly SelectedInput[],
  { inner, indices: earlier }: Unwrapped,
): LayersModel {
  const features = inner.inputs[0]?.shape.at(-1) as number;
  if (selected === undefined && earlier === undefined) return model;
  const all = earlier ?? Array.from({ length: features }, (_, index) => index);
  const indices = selected?.indices.map((index) => all[index] as number) ?? all;
  const layer = model.inputs[0]?.sourceLayer.name as string;
  return selectFeatures(model, [{ layer, features: 784, indices }]);
}
