import { dispose, randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers as l, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportedModel } from '../import/imported-model.js';
import type { Values } from '../import/interpret.fixture.js';
import { interpretModel, relativeError } from '../import/interpret-model.fixture.js';
import { importLayersModel } from '../import/layers-model.js';
import { optimize } from './optimize.js';
import { fates } from './steps.fixture.js';

const call = (layer: l.Layer, ...inputs: SymbolicTensor[]) =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;
const kinds = ({ nodes }: ImportedModel) =>
  nodes.map((node) => (node.kind === 'native' ? node.operation.kind : node.kind));

function randomize(target: LayersModel): void {
  const values = target.weights.map(({ shape, originalName }, index) =>
    randomUniform(shape as number[], /variance/.test(originalName) ? 0.2 : -1, 1, 'float32', index + 1),
  );
  target.setWeights(values);
  dispose(values);
}

async function imported(target: LayersModel): Promise<ImportedModel> {
  randomize(target);
  return importLayersModel(target);
}

describe('optimize', () => {
  it('makes one convolution of padding, convolution, batch norm and activation', async () => {
    const x = input({ shape: [6, 6, 2], name: 'x' });
    const steps = [
      l.zeroPadding2d({ padding: 1, name: 'pad' }),
      l.conv2d({ filters: 3, kernelSize: 3, strides: 2, useBias: false, name: 'conv' }),
      l.batchNormalization({ name: 'norm' }),
      l.reLU({ maxValue: 6, name: 'relu' }),
      l.dropout({ rate: 0.1, name: 'dropout' }),
    ];
    const optimized = optimize(
      await imported(model({ inputs: x, outputs: steps.reduce((y, layer) => call(layer, y), x) })),
    );
    expect(kinds(optimized)).toEqual(['convolution']);
    expect(optimized.nodes[0]).toMatchObject({
      name: 'conv',
      operation: {
        activation: { kind: 'relu6' },
        window: { padding: { top: 1, bottom: 1, left: 1, right: 1 } },
      },
    });
    expect(fates(optimized)).toEqual({
      ...{ x: 'none', pad: 'in conv', conv: 'native', norm: 'in conv', relu: 'in conv', dropout: 'none' },
    });
  });

  it('makes one of a convolution of sequences and its batch norm', async () => {
    const x = input({ shape: [6, 2] });
    const conv = call(l.conv1d({ filters: 3, kernelSize: 3, name: 'conv' }), x);
    const y = call(l.activation({ activation: 'relu' }), call(l.batchNormalization(), conv));
    const optimized = optimize(
      await imported(model({ inputs: x, outputs: call(l.conv1d({ filters: 2, kernelSize: 2 }), y) })),
    );
    expect(kinds(optimized)).toEqual(['reshape', 'convolution', 'reshape', 'convolution', 'reshape']);
  });

  it('changes random models by no more than the rounding', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(8), { minLength: 1, maxLength: 10 }),
        fc.nat(1000),
        async (choices, seed) => {
          const { target, x } = randomModel(choices, seed);
          const before = await imported(target);
          const after = optimize(before);
          expect(after.nodes.length).toBeLessThanOrEqual(before.nodes.length);
          const [expected, actual] = [await interpretModel(before, [x]), await interpretModel(after, [x])];
          expect(actual.length).toBe(expected.length);
          for (const [index, values] of expected.entries()) {
            expect(relativeError(actual[index] as Values, values)).toBeLessThan(1e-5);
          }
          dispose(x);
          target.dispose();
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** Layers one after the other, sometimes with the result of an earlier one added, and with two outputs. */
function randomModel(choices: readonly number[], seed: number): { target: LayersModel; x: Tensor } {
  const inputs = input({ shape: [5, 5, 3] });
  const results: SymbolicTensor[] = [inputs];
  for (const [index, choice] of choices.entries()) {
    const last = results.at(-1) as SymbolicTensor;
    const same = results.filter(({ shape }) => `${shape}` === `${last.shape}`);
    const other = same[(seed + index) % same.length] as SymbolicTensor;
    const makers: (() => SymbolicTensor)[] = [
      () => call(l.conv2d({ filters: 3, kernelSize: 2, padding: 'same' }), last),
      () => call(l.conv2d({ filters: 3, kernelSize: 1, activation: 'relu' }), last),
      () => call(l.depthwiseConv2d({ kernelSize: 1 }), last),
      () => call(l.batchNormalization(), last),
      () => call(l.leakyReLU(), last),
      () => call(l.prelu({ sharedAxes: [1, 2] }), last),
      () =>
        call(
          l.zeroPadding2d({
            padding: [
              [1, 0],
              [0, 1],
            ],
          }),
          last,
        ),
      () => call(l.add(), last, other),
      () => call(l.dropout({ rate: 0.5 }), last),
    ];
    results.push(makers[choice]?.() as SymbolicTensor);
  }
  const outputs = [results.at(-1), results[seed % results.length]] as SymbolicTensor[];
  const target = model({ inputs, outputs: outputs[0] === outputs[1] ? outputs.slice(1) : outputs });
  return { target, x: randomUniform([2, 5, 5, 3], -1, 1, 'float32', seed) };
}
