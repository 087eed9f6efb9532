import { randomUniform, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, it } from 'vitest';
import { type BareModel, loadBare } from '../bare.js';
import { SparseError } from '../sparse-error.js';
import { toBare } from '../to-bare.js';

const open: BareModel[] = [];
afterEach(() => {
  for (const bare of open.splice(0)) bare.dispose();
});

async function load(file: BufferSource): Promise<BareModel> {
  const bare = await loadBare(file);
  open.push(bare);
  return bare;
}

/** Large enough that two threads share its work. */
function network() {
  return sequential({
    layers: [
      layers.conv2d({
        filters: 24,
        kernelSize: 3,
        activation: 'relu',
        inputShape: [32, 32, 3],
        kernelInitializer: 'heNormal',
      }),
      layers.batchNormalization({}),
      layers.depthwiseConv2d({ kernelSize: 3, strides: 2, activation: 'swish' }),
      layers.conv2d({ filters: 40, kernelSize: 1, activation: 'relu6' }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 7, activation: 'softmax' }),
    ],
  });
}

async function predicted(model: ReturnType<typeof network>, values: Float32Array): Promise<Float32Array> {
  const x = tensor(values, [1, 32, 32, 3]);
  const y = model.predict(x) as Tensor;
  const output = await y.data<'float32'>();
  x.dispose();
  y.dispose();
  return output;
}

async function example(): Promise<Float32Array> {
  const x = randomUniform([1, 32, 32, 3], -1, 1, 'float32', 3);
  const values = await x.data<'float32'>();
  x.dispose();
  return values;
}

/** A file with a text in it replaced by one of the same length. */
function withText(file: Uint8Array<ArrayBuffer>, from: string, to: string): Uint8Array<ArrayBuffer> {
  const [old, next] = [from, to].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  const at = file.findIndex((_, start) => old.every((byte, index) => file[start + index] === byte));
  expect([at >= 0, next.length]).toEqual([true, old.length]);
  const changed = file.slice();
  changed.set(next, at);
  return changed;
}

describe('bare models', () => {
  it.each([1, 2] as const)('give what the model predicts, on %i threads', async (threads) => {
    const model = network();
    const bare = await load(await toBare(model, { threads }));
    expect([bare.inputShape, bare.outputShape]).toEqual([
      [1, 32, 32, 3],
      [1, 7],
    ]);
    const values = await example();
    const expected = await predicted(model, values);
    for (let time = 0; time < 50; time += 1) {
      bare.run(values).forEach((value, index) => {
        expect(Math.abs(value - (expected[index] as number))).toBeLessThan(1e-6);
      });
    }
    model.dispose();
  });

  it('take the batch that they are made for', async () => {
    const model = sequential({
      layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })],
    });
    const bare = await load(await toBare(model, { inputShape: [3, 2] }));
    const output = new Float32Array(3);
    expect(bare.run(Float32Array.of(1, 2, 3, 4, 5, 6), output)).toBe(output);
    expect([...output]).toEqual([3, 7, 11]);
    model.dispose();
  });

  it('refuse values that are not finite where zeros are skipped, and arrays of other lengths', async () => {
    const model = sequential({
      layers: [layers.dense({ units: 16, inputShape: [16], kernelInitializer: 'identity' })],
    });
    const bare = await load(await toBare(model));
    expect(() => bare.run(new Float32Array(16).fill(Number.NaN))).toThrow(/not finite/);
    expect(() => bare.run(new Float32Array(15))).toThrow(
      /input must be a Float32Array of 16 elements, but is one of 15/,
    );
    expect(() => bare.run(new Float32Array(16), new Float32Array(1))).toThrow(/output must be/);
    expect([...bare.run(new Float32Array(16).fill(2))]).toEqual(Array(16).fill(2));
    bare.dispose();
    expect(() => bare.run(new Float32Array(16))).toThrow(/disposed/);
    model.dispose();
  });

  it('are refused when they are damaged', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    const file = await toBare(model);
    await expect(loadBare(file.slice(0, 100))).rejects.toSatisfy(SparseError.isInstance);
    await expect(loadBare(new Uint8Array(8))).rejects.toSatisfy(SparseError.isInstance);
    await expect(loadBare(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))).rejects.toThrow(
      /not a bare model/,
    );
    const lie = withText(file, '"pages":1', '"pages":7');
    await expect(loadBare(lie)).rejects.toThrow(/damaged/);
    model.dispose();
  });

  it('need layers that kernels know, and a known shape', async () => {
    const recurrent = sequential({ layers: [layers.lstm({ units: 2, inputShape: [3, 2] })] });
    await expect(toBare(recurrent)).rejects.toThrow(/can't have layers that tfjs runs: '.*' \(LSTM\)/);
    const open = sequential({
      layers: [layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [null, null, 1] })],
    });
    await expect(toBare(open)).rejects.toThrow(/inputShape must give a size for each axis/);
    await expect(toBare(open, { inputShape: [1, 4, 4, 2] })).rejects.toThrow(/inputShape/);
    await expect(toBare(open, { threads: 3 as 2 })).rejects.toThrow(/threads must be 1 or 2, but is 3/);
    for (const model of [recurrent, open]) model.dispose();
  });
});
