import type { Layer } from '@secateur/layers';
import { dispose, gather, keep, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tapCalls } from './call-tap.js';
import { pairedLayers } from './model-copies.js';
import { withoutFeatures } from './probe.js';
import { relativeError } from './relative-error.js';
import { keptIndices, type Removal, type Structure } from './structure.js';
import { StructureError } from './structure-error.js';

/** What {@link verifyShrunk} compares. */
export interface Comparison {
  /** The model that the structure is of. */
  readonly model: LayersModel;
  readonly structure: Structure;
  readonly removed: Removal;
  /** A copy of the model that answers as the shrunk one has to. It is looked into, and of no other use afterwards. */
  readonly reference: LayersModel;
  readonly shrunk: LayersModel;
  /** Inputs of the reference. */
  readonly probe: readonly Tensor[];
  /** The largest relative error that passes. */
  readonly tolerance: number;
}

/**
 * The largest relative error of the shrunk model's outputs on a probe.
 *
 * @throws StructureError when it is above `tolerance`, naming the first layer that differs.
 */
export async function verifyShrunk(comparison: Comparison): Promise<number> {
  const { reference, shrunk, probe, tolerance } = comparison;
  const inputs = withoutFeatures(comparison.model, comparison.structure, comparison.removed, probe);
  const expected = predictions(reference, probe);
  const actual = predictions(shrunk, inputs);
  try {
    const errors = await Promise.all(
      expected.map((output, index) => relativeError(output, actual[index] as Tensor)),
    );
    const maxRelError = Math.max(0, ...errors);
    if (maxRelError <= tolerance) return maxRelError;
    const layer = await firstDifference(comparison, inputs);
    throw new StructureError(
      `The shrunk model differs from the masked one by ${maxRelError.toExponential(1)}, more than the tolerance of ` +
        `${tolerance}; the first layer that differs is "${layer}". The model is left as it was`,
      { layer },
    );
  } finally {
    dispose([...expected, ...actual, ...inputs]);
  }
}

function predictions(model: LayersModel, inputs: readonly Tensor[]): Tensor[] {
  return [model.predict([...inputs], { batchSize: inputs[0]?.shape[0] ?? 1 })].flat();
}

/** The path of the first layer whose kept channels differ between the models. */
async function firstDifference(comparison: Comparison, inputs: readonly Tensor[]): Promise<string> {
  const { model, structure, removed, reference, shrunk, probe, tolerance } = comparison;
  const expected = new Map<Layer, Tensor>();
  const actual = new Map<Layer, Tensor>();
  recordOutputs(model, reference, expected);
  recordOutputs(model, shrunk, actual);
  dispose([...predictions(reference, probe), ...predictions(shrunk, inputs)]);
  try {
    for (const { layer, path, channels } of structure.trace.layers.values()) {
      const a = expected.get(layer);
      const b = actual.get(layer);
      if (a === undefined || b === undefined) continue;
      const kept = tidy(() =>
        (channels.outputs[0]?.axes ?? []).reduce(
          (value: Tensor, axis, index) =>
            axis === null || axis.length !== value.shape[index]
              ? value
              : gather(value, tensor1d(keptIndices(axis, structure, removed), 'int32'), index),
          a.clone(),
        ),
      );
      const error = await relativeError(kept, b);
      kept.dispose();
      if (error > tolerance) return path;
    }
    return structure.trace.layers.size === 0 ? model.name : (model.outputs[0]?.sourceLayer.name as string);
  } finally {
    dispose([...expected.values(), ...actual.values()]);
  }
}

/** Keeps what each layer gives at its first call, by the layer of the original model. */
function recordOutputs(model: LayersModel, copy: LayersModel, outputs: Map<Layer, Tensor>): void {
  pairedLayers(model, copy, (layer, twin) => {
    tapCalls(twin, {
      outputs: ([output]) => {
        if (output !== undefined && !outputs.has(layer)) outputs.set(layer, keep(output.clone()));
      },
    });
  });
}
