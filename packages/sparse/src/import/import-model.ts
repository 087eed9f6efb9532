import { SparseError } from '../sparse-error.js';
import type { GraphModelLike } from './graph-model.js';
import type { ImportedModel } from './imported-model.js';
import { importLayersModel, type LayersModelLike } from './layers-model.js';

/** A model of `@tensorflow/tfjs-layers` or `@tensorflow/tfjs-converter`. */
export type TfjsModel = LayersModelLike | GraphModelLike;

/**
 * Turns a model into operations, as far as we have them, and steps of tfjs.
 *
 * @throws SparseError for what is no model.
 */
export async function importModel(model: TfjsModel): Promise<ImportedModel> {
  if (typeof model === 'object' && model !== null) {
    if ('layers' in model && 'inputs' in model) return importLayersModel(model);
    if ('outputNodes' in model && 'executeAsync' in model) {
      // Pages that have no graph models need not load what reads them.
      const { importGraphModel } = await import('./graph-model.js');
      return importGraphModel(model);
    }
  }
  throw new SparseError(`model must be a LayersModel or GraphModel, but is ${String(model)}`, {
    option: 'model',
    value: model,
  });
}
