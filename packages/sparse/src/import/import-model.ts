import { SparseError } from '../sparse-error.js';
import type { ImportedModel } from './imported-model.js';
import { importLayersModel, type LayersModelLike } from './layers-model.js';

/** A model of `@tensorflow/tfjs-layers` or `@tensorflow/tfjs-converter`. */
export type TfjsModel = LayersModelLike;

/**
 * Turns a model into operations, as far as we have them, and steps of tfjs.
 *
 * @throws SparseError for what is no model.
 */
export async function importModel(model: TfjsModel): Promise<ImportedModel> {
  if (typeof model !== 'object' || model === null) {
    throw new SparseError(`model must be a LayersModel or GraphModel, but is ${String(model)}`, {
      option: 'model',
      value: model,
    });
  }
  return importLayersModel(model);
}
