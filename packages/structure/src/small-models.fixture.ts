import { type Layer, variablesOf } from '@secateur/layers';
import { dispose, mul, randomUniform, type Tensor, tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { type LayersModel, type layers as l, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import { fillWeights } from './random-weights.fixture.js';

/** tfjs's own default for recurrent kernels needs an op that only the union package brings. */
export const recurrentInitializer = 'glorotNormal';

/** A Sequential of layers, with weights that are the same every time, none of them zero. */
export function chain(...layers: l.Layer[]): LayersModel {
  return filled(sequential({ layers }));
}

/** The model, with weights that are the same every time, none of them zero. */
export function filled<T extends LayersModel>(model: T): T {
  fillWeights(model, 1);
  return model;
}

/** What comes out of a layer. */
export function call(layer: l.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor {
  return layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;
}

/** Sets what goes into units of a layer to zero, in each gate, and leaves the biases. */
export function silence(layer: Layer | undefined, units: readonly number[], count: number): void {
  for (const variable of variablesOf(layer as Layer)) {
    if (variable.shape.length < 2) continue;
    const columns = variable.shape.at(-1) as number;
    const kept = Float32Array.from({ length: columns }, (_, column) =>
      units.includes(column % count) ? 0 : 1,
    );
    tidy(() => {
      variable.write(mul(variable.read(), tensor(kept)));
    });
  }
}

/** Gives a variable of a layer other values, or zeros. */
export function setWeight(layer: Layer | undefined, name: string, values?: readonly number[]): void {
  const variable = variablesOf(layer as Layer).find(({ originalName }) => originalName.endsWith(`/${name}`));
  const shape = variable?.shape as number[];
  tidy(() => {
    variable?.write(values === undefined ? zeros(shape) : tensor([...values], shape));
  });
}

/** The values of every weight. */
export async function weightsOf(model: LayersModel): Promise<Record<string, number[]>> {
  const entries = model.weights.map(
    async (weight) => [weight.originalName, Array.from(await weight.read().data())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Four random examples for each input of a model. */
export function examplesFor(model: LayersModel, seed = 7): Tensor[] {
  return model.inputs.map(({ shape }, index) =>
    randomUniform(
      shape.map((size, axis) => size ?? (axis === 0 ? 4 : 5)),
      -2,
      2,
      'float32',
      String(seed + index),
    ),
  );
}

/** The values of all outputs. */
export async function answersOf(model: LayersModel, inputs: readonly Tensor[]): Promise<number[]> {
  const outputs = [model.predict([...inputs], { batchSize: inputs[0]?.shape[0] ?? 1 })].flat();
  const values = await Promise.all(outputs.map((output) => output.data()));
  dispose(outputs);
  return values.flatMap((output) => Array.from(output));
}

/** The largest difference between two models' answers, over the largest answer of the first. */
export async function differenceOf(
  a: LayersModel,
  b: LayersModel,
  inputs: readonly Tensor[] = examplesFor(a),
  inputsOfB: readonly Tensor[] = inputs,
): Promise<number> {
  const [expected, actual] = [await answersOf(a, inputs), await answersOf(b, inputsOfB)];
  if (expected.length !== actual.length) return Number.NaN;
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] as number)))) / largest;
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
