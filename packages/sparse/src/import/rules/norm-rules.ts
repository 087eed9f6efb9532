import { linear } from '../../graph/activation.js';
import type { Affine } from '../../graph/operation.js';
import { type LayerRule, refuse } from '../layer-scope.js';

/** The statistics of a batch norm, and what it makes of them. */
export interface BatchNorm {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly gamma: Float32Array | undefined;
  readonly beta: Float32Array | undefined;
  readonly epsilon: number;
}

/** (x - mean) gamma / sqrt(variance + epsilon) + beta as one scale and one shift per channel. */
export function affineOf({ mean, variance, gamma, beta, epsilon }: BatchNorm): Affine {
  const scales = Float64Array.from(
    variance,
    (value, channel) => (gamma?.[channel] ?? 1) / Math.sqrt(value + epsilon),
  );
  const shift = Float32Array.from(
    scales,
    (scale, channel) => (beta?.[channel] ?? 0) - (mean[channel] ?? 0) * scale,
  );
  return { kind: 'affine', scale: Float32Array.from(scales), shift, activation: linear };
}

const batchNormalization: LayerRule = async ({ inputs, inputShapes, config, weights, emit }) => {
  const rank = inputShapes[0]?.length ?? 0;
  const { axis, epsilon } = config;
  if (axis !== -1 && axis !== rank - 1) return refuse(`it normalizes axis ${axis}, not the last`);
  const [mean, variance, gamma, beta] = await Promise.all(
    ['moving_mean', 'moving_variance', 'gamma', 'beta'].map((name) => weights.values(name)),
  );
  if (mean === undefined || variance === undefined || typeof epsilon !== 'number')
    return refuse('it has no statistics');
  return emit(affineOf({ mean, variance, gamma, beta, epsilon }), inputs);
};

export const normRules: Readonly<Record<'BatchNormalization', LayerRule>> = {
  BatchNormalization: batchNormalization,
};
