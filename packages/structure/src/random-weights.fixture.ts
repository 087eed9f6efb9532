import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';

/** A seeded source of numbers in [0, 1). (Mulberry32) */
export function randomSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Gives every weight random values, none of them zero: biases and batch norms that matter, kernels that keep the scale. */
export function fillWeights(model: LayersModel, seed: number): void {
  const random = randomSource(seed);
  for (const variable of model.weights) {
    const draw = distribution(variable, random);
    const values = Float32Array.from({ length: tf.util.sizeFromShape(variable.shape as number[]) }, draw);
    const value = tf.tensor(values, variable.shape as number[]);
    variable.write(value);
    value.dispose();
  }
}

function distribution(variable: LayerVariable, random: () => number): () => number {
  const { originalName, shape } = variable;
  const between = (low: number, high: number) => low + (high - low) * random();
  const signed = (low: number, high: number) => between(low, high) * (random() < 0.5 ? -1 : 1);
  if (originalName.endsWith('moving_variance')) return () => between(0.5, 1.5);
  if (originalName.endsWith('gamma')) return () => signed(0.6, 1.4);
  if (originalName.endsWith('alpha')) return () => between(0.05, 0.5);
  if (originalName.endsWith('embeddings')) return () => signed(0.2, 1);
  if (shape.length === 1) return () => signed(0.1, 0.6);
  const inputs = (shape.slice(0, -1) as number[]).reduce((a, b) => a * b, 1);
  const scale = Math.sqrt(3 / inputs);
  return () => signed(0.1 * scale, scale);
}
