import { bareConfig, type Layer, layerFromConfig, variablesOf } from '@secateur/layers';
import {
  conv2d,
  dispose,
  matMul,
  mul,
  ones,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type { LayerTrace } from './layer-trace.js';
import type { MeasuredConstants } from './measured-constants.js';

/** The share of the constant at the edges that counts as the constant itself. */
const rounding = 1e-5;

/** What a bias takes over. */
export interface BiasShift {
  /** By output channel, or gate of a cell. */
  readonly values: Float32Array;
  /** Whether it is the same at every position. */
  readonly isUniform: boolean;
}

/** By how much the layer's output before its activation moves when its input holds the constants. */
export async function biasShift({
  reading: { call },
  shape,
  axis,
  values: constants,
}: MeasuredConstants): Promise<BiasShift> {
  const { layer } = call;
  const isCell = call.variables.some(({ name }) => name === 'recurrent_kernel');
  const input = tidy(() =>
    mul(
      ones([1, ...shape.slice(1)]),
      tensor(
        Float32Array.from(constants),
        shape.map((size, index) => (index === axis ? size : 1)),
      ),
    ),
  );
  const moved = tidy(() => (isCell ? cellShift(layer, input) : unitsLast(call, linearShift(layer, input))));
  const values = (await moved.data()) as Float32Array;
  const size = moved.shape.at(-1) as number;
  dispose([input, moved]);
  const rows = values.length / size;
  const middle = middleRow(moved.shape);
  const row = values.slice(middle * size, (middle + 1) * size);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let isUniform = true;
  for (let i = 0; i < rows * size; i++) {
    if (Math.abs((values[i] as number) - (row[i % size] as number)) > rounding * largest) isUniform = false;
  }
  return { values: row, isUniform };
}

/** The position in the middle of a tensor of one example, in row-major order. */
function middleRow(shape: readonly number[]): number {
  return shape.slice(1, -1).reduce((row, size) => row * size + Math.floor(size / 2), 0);
}

/** A layer's output with its units on the last axis. */
function unitsLast({ channels: { outputs, units } }: LayerTrace, output: Tensor): Tensor {
  const axis = outputs[0]?.axes.findIndex((channels) => channels !== null && channels === units) ?? -1;
  if (axis < 0) return output;
  const others = output.shape.map((_, index) => index).filter((index) => index !== axis);
  return transpose(output, [...others, axis]);
}

/** What the input adds to a recurrent cell's gates. */
function cellShift(layer: Layer, input: Tensor): Tensor {
  const kernel = variablesOf(layer)[0]?.read() as Tensor;
  if (kernel.rank === 2) return matMul(input as Tensor2D, kernel as Tensor2D);
  const { strides, padding, dilationRate } = layer.getConfig() as Readonly<Record<string, unknown>>;
  return conv2d(
    input as Tensor4D,
    kernel as Tensor4D,
    strides as [number, number],
    padding as 'valid' | 'same',
    'NHWC',
    dilationRate as [number, number],
  );
}

/** What a copy of the layer without activation makes of the input, over what it makes of zeros. */
function linearShift(layer: Layer, input: Tensor): Tensor {
  const { batchInputShape: _, ...config } = bareConfig(layer).config;
  const copy = layerFromConfig({
    className: layer.getClassName(),
    config: { ...config, activation: 'linear' },
  });
  try {
    return tidy(() => {
      const nothing = zeros(input.shape);
      dispose(copy.apply(nothing) as Tensor);
      const weights = variablesOf(layer);
      for (const [index, variable] of variablesOf(copy).entries())
        variable.write((weights[index] as typeof variable).read());
      return sub(copy.apply(input) as Tensor, copy.apply(nothing) as Tensor);
    });
  } finally {
    copy.dispose();
  }
}
