import { dispose } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Frees a model of our own, also the layers that it calls more than once or has in models inside: tfjs keeps those. */
export function disposeModel(model: LayersModel): void {
  const weights = model.weights.map((variable) => variable.read());
  model.dispose();
  dispose(weights.filter(({ isDisposed }) => !isDisposed));
}
