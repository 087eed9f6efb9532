import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareValues, mostOf } from './fuzz/compare.fixture.js';
import { Random } from './fuzz/random.fixture.js';
import { SparseError } from './sparse-error.js';
import type { SparseModel } from './sparse-model.js';
import { sparsify } from './sparsify.js';

const backend = tf.getBackend();

/** What we use of tfjs's wasm backend here. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Counts the blocks of the wasm heap that are taken and not given back; 0 on other backends. */
class HeapCount {
  blocks = 0;
  readonly stop: () => void = () => undefined;
  readonly #wasm = (tf.backend() as unknown as { wasm?: WasmModule }).wasm;

  constructor() {
    const wasm = this.#wasm;
    if (wasm === undefined) return;
    const { _malloc, _free } = wasm;
    wasm._malloc = (bytes) => {
      this.blocks += 1;
      return _malloc(bytes);
    };
    wasm._free = (address) => {
      // tfjs frees the memory that strings don't have.
      if (address) this.blocks -= 1;
      _free(address);
    };
    this.stop = () => Object.assign(wasm, { _malloc, _free });
  }

  /** The size of the heap. */
  get bytes(): number {
    return this.#wasm?.HEAPU8.buffer.byteLength ?? 0;
  }
}

/** A convolution and dense layers, most of whose weights are zero. */
function network(isOpen = false): LayersModel {
  const made = sequential({
    layers: [
      l.conv2d({
        filters: 12,
        kernelSize: 3,
        padding: 'same',
        inputShape: isOpen ? [null, null, 3] : [6, 6, 3],
      }),
      l.batchNormalization({}),
      l.reLU(),
      l.conv2d({ filters: 9, kernelSize: 1, activation: 'swish' }),
      l.activation({ activation: 'softsign' }),
      l.globalAveragePooling2d({}),
      l.dense({ units: 4, activation: 'softmax' }),
    ],
  });
  sparsen(made, 3);
  return made;
}

function sparsen(target: LayersModel, seed: number): void {
  const random = new Random(seed);
  const weights = target.weights.map(({ shape, originalName }) => {
    const sizes = shape as number[];
    const isKernel = /kernel/.test(originalName);
    const isVariance = /variance/.test(originalName);
    const count = sizes.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: count }, () =>
      isVariance ? 0.5 + random.next() : isKernel && random.chance(0.8) ? 0 : 2 * random.next() - 1,
    );
    return tf.tensor(values, sizes);
  });
  target.setWeights(weights);
  tf.dispose(weights);
}

function images(batch: number, seed: number, size = 6): tf.Tensor {
  return tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', seed);
}

async function take(output: tf.Tensor | tf.Tensor[]): Promise<Float32Array> {
  const one = output as tf.Tensor;
  const values = (await one.data<'float32'>()).slice();
  one.dispose();
  return values;
}

async function expectAs(source: LayersModel, sparse: SparseModel, x: tf.Tensor): Promise<Float32Array> {
  const expected = await take(source.predict(x));
  const got = await take(sparse.predict(x));
  compareValues(expected, got, 2e-5 * mostOf(expected), 'the output');
  return got;
}

/** Gives the sparse model and its source, and checks that they leave nothing behind. */
async function withModel(
  source: LayersModel,
  work: (sparse: SparseModel, heap: HeapCount) => Promise<void>,
): Promise<void> {
  const heap = new HeapCount();
  const numTensors = tf.memory().numTensors;
  const blocks = heap.blocks;
  const sparse = await sparsify(source);
  try {
    await work(sparse, heap);
  } finally {
    sparse.dispose();
  }
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(heap.blocks).toBe(blocks);
  heap.stop();
  expect(sparse.memoryBytes).toBe(0);
  source.dispose();
}

beforeEach(() => tf.setBackend(backend));

describe('a sparse model', () => {
  it('does not grow in 100,000 predictions', () => {
    const source = sequential({
      layers: [
        l.dense({ units: 6, activation: 'relu', inputShape: [5] }),
        l.dense({ units: 3, activation: 'sigmoid' }),
      ],
    });
    sparsen(source, 1);
    return withModel(source, async (sparse, heap) => {
      const x = tf.ones([1, 5]);
      const first = await take(sparse.predict(x));
      const at = () => ({ ...tf.memory(), blocks: heap.blocks, heap: heap.bytes, own: sparse.memoryBytes });
      const before = at();
      for (let time = 0; time < 100_000; time += 1) (sparse.predict(x) as tf.Tensor).dispose();
      expect(at()).toEqual(before);
      expect(await take(sparse.predict(x))).toEqual(first);
      x.dispose();
    });
  });

  it('does not grow with inputs of ever new sizes, or that are not finite', () =>
    withModel(network(true), async (sparse, heap) => {
      const measured: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        for (const size of [3, 4, 5, 6, 7, 8, 9, 10]) {
          const x = images(1 + (size % 3), size, size);
          const spoilt = tf.tidy(() => tf.mul(x, Number.NaN));
          for (const each of [x, spoilt]) (sparse.predict(each) as tf.Tensor).dispose();
          tf.dispose([x, spoilt]);
        }
        measured.push(heap.blocks + sparse.memoryBytes + tf.memory().numTensors);
      }
      expect(measured[2]).toBe(measured[1]);
    }));

  it('gives the same bits when predictions overlap', () =>
    withModel(network(), async (sparse) => {
      const inputs = [1, 2, 3, 5, 40].map((batch) => images(batch, batch));
      const alone: Float32Array[] = [];
      for (const x of inputs) alone.push(await take(sparse.predict(x)));
      const running = inputs.flatMap((x, index) =>
        [1, 2, 100].map(async (batchSize) => {
          const got = await take(await sparse.predictAsync(x, { batchSize }));
          compareValues(alone[index] ?? [], got, 1e-6, `input ${index} in batches of ${batchSize}`);
        }),
      );
      for (const [index, x] of inputs.entries()) {
        expect(await take(sparse.predict(x))).toEqual(alone[index]);
        expect(await take(await sparse.predictAsync(x))).toEqual(alone[index]);
      }
      await Promise.all(running);
      tf.dispose(inputs);
    }));

  it('may be disposed while it predicts', () =>
    withModel(network(), async (sparse) => {
      const x = images(7, 1);
      const running = [1, 2, 3].map(async (batchSize) => {
        try {
          return await take(await sparse.predictAsync(x, { batchSize }));
        } catch (error) {
          expect(error).toBeInstanceOf(SparseError);
          return undefined;
        }
      });
      sparse.dispose();
      await Promise.all(running);
      await expect(sparse.predictAsync(x)).rejects.toThrow(SparseError);
      x.dispose();
    }));

  it('takes inputs that are disposed before predictAsync is done', () =>
    withModel(network(), async (sparse) => {
      const x = images(5, 1);
      const expected = await take(sparse.predict(x));
      const running = sparse.predictAsync(x, { batchSize: 5 });
      x.dispose();
      expect(await take(await running)).toEqual(expected);
    }));

  it('keeps nothing but its outputs in tidy, and disposes no input', () =>
    withModel(network(), async (sparse) => {
      const x = images(3, 1);
      const before = tf.memory().numTensors;
      const kept = tf.tidy(() => {
        const first = sparse.predict(x) as tf.Tensor;
        sparse.predict(x);
        return first;
      });
      expect(tf.memory().numTensors).toBe(before + 1);
      expect(x.isDisposed).toBe(false);
      tf.dispose([kept, x]);
    }));

  it('goes on after the backend has changed, and takes tensors of another', () => {
    const source = network();
    return withModel(source, async (sparse) => {
      const x = images(2, 1);
      const first = await expectAs(source, sparse, x);
      for (const name of ['cpu', backend, 'cpu', backend]) {
        await tf.setBackend(name);
        const own = images(2, 1);
        compareValues(first, await take(sparse.predict(x)), 1e-5, `the output on ${name}`);
        compareValues(first, await take(sparse.predict(own)), 1e-5, `the output on ${name}`);
        own.dispose();
      }
      x.dispose();
    });
  });

  it('goes on after the heap has grown', () => {
    const source = network();
    return withModel(source, async (sparse, heap) => {
      const x = images(2, 1);
      const first = await expectAs(source, sparse, x);
      const before = heap.bytes;
      const large = Array.from({ length: 12 }, () => tf.zeros([2_000_000]));
      for (const each of large) tf.add(each, 1).dispose();
      if (backend === 'wasm') expect(heap.bytes).toBeGreaterThan(before);
      expect(await take(sparse.predict(x))).toEqual(first);
      tf.dispose([large, x]);
    });
  });

  it('leaves no tensor behind when a layer of tfjs throws', () => {
    class Moody extends l.Layer {
      static className = 'Moody';
      static isMoody = false;
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
        if (Moody.isMoody) throw new RangeError('moody');
        return Array.isArray(inputs) ? (inputs[0] as tf.Tensor).clone() : inputs;
      }
    }
    const source = sequential({
      layers: [l.dense({ units: 3, inputShape: [4] }), new Moody({}), l.dense({ units: 2 })],
    });
    return withModel(source, async (sparse) => {
      const x = tf.ones([3, 4]);
      (sparse.predict(x) as tf.Tensor).dispose();
      const before = tf.memory().numTensors;
      Moody.isMoody = true;
      expect(() => sparse.predict(x)).toThrow(/moody/);
      await expect(sparse.predictAsync(x, { batchSize: 2 })).rejects.toThrow(/moody/);
      Moody.isMoody = false;
      expect(tf.memory().numTensors).toBe(before);
      (sparse.predict(x) as tf.Tensor).dispose();
      x.dispose();
    });
  });

  it('gives outputs of their own when the model gives one value twice, or its input', async () => {
    const x = input({ shape: [3], name: 'x' });
    const same = l.dropout({ rate: 0.5 }).apply(x) as SymbolicTensor;
    const flat = l.reshape({ targetShape: [3, 1] }).apply(x) as SymbolicTensor;
    const dense = l.dense({ units: 2 }).apply(same) as SymbolicTensor;
    const source = model({ inputs: x, outputs: [same, flat, dense] });
    await withModel(source, async (sparse) => {
      const given = tf.tensor2d([[1, 2, 3]]);
      for (const outputs of [sparse.predict(given), await sparse.predictAsync(given)] as tf.Tensor[][]) {
        expect(outputs).toHaveLength(3);
        expect(await outputs[0]?.array()).toEqual([[1, 2, 3]]);
        tf.dispose(outputs[0] as tf.Tensor);
        expect(given.isDisposed).toBe(false);
        expect(await outputs[1]?.array()).toEqual([[[1], [2], [3]]]);
        tf.dispose(outputs);
      }
      expect(await given.array()).toEqual([[1, 2, 3]]);
      given.dispose();
    });
  });

  it('takes whole numbers and truth values', () => {
    const source = sequential({
      layers: [l.dense({ units: 2, inputShape: [3], kernelInitializer: 'ones' })],
    });
    return withModel(source, async (sparse) => {
      for (const dtype of ['int32', 'bool'] as const) {
        const x = tf.tensor2d([[1, 0, 1]], [1, 3], dtype);
        expect(await take(sparse.predict(x))).toEqual(Float32Array.of(2, 2));
        expect(await take(await sparse.predictAsync(x))).toEqual(Float32Array.of(2, 2));
        x.dispose();
      }
    });
  });

  it('takes any number of examples, also when the model gives one', () => {
    const source = sequential({
      layers: [l.dense({ units: 3, batchInputShape: [4, 2, 5] }), l.layerNormalization({}), l.flatten()],
    });
    return withModel(source, async (sparse) => {
      for (const batch of [1, 4, 7, 40]) {
        const x = tf.randomUniform([batch, 2, 5], -1, 1, 'float32', batch);
        await expectAs(source, sparse, x);
        x.dispose();
      }
    });
  });

  it.each<[name: string, given: () => unknown]>([
    ['another size', () => tf.ones([1, 6, 7, 3])],
    ['other channels', () => tf.ones([1, 6, 6, 4])],
    ['another rank', () => tf.ones([6, 6, 3])],
    ['nothing', () => undefined],
    ['null', () => null],
    ['an array of numbers', () => new Float32Array(108)],
    ['a number', () => 3],
    ['no tensors', () => []],
    ['too many tensors', () => [tf.ones([1, 6, 6, 3]), tf.ones([1, 6, 6, 3])]],
    ['another name', () => ({ other: tf.ones([1, 6, 6, 3]) })],
    ['what is no tensor', () => [new Float32Array(108)]],
    [
      'strings',
      () =>
        tf.tensor(
          Array.from({ length: 108 }, () => 'x'),
          [1, 6, 6, 3],
          'string',
        ),
    ],
  ])('refuses %s', async (_, given) => {
    await withModel(network(), async (sparse) => {
      const wrong = given();
      const before = tf.memory().numTensors;
      expect(() => sparse.predict(wrong as tf.Tensor)).toThrow(SparseError);
      await expect(sparse.predictAsync(wrong as tf.Tensor)).rejects.toThrow(SparseError);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(wrong as tf.Tensor);
    });
  });

  it.each([0, -1, 1.5, Number.NaN, '2', null])('refuses a batchSize of %s', (size) =>
    withModel(network(), async (sparse) => {
      const x = images(3, 1);
      const options = { batchSize: size as number };
      expect(() => sparse.predict(x, options)).toThrow(SparseError);
      await expect(sparse.predictAsync(x, options)).rejects.toThrow(SparseError);
      (sparse.predict(x, { batchSize: Number.POSITIVE_INFINITY }) as tf.Tensor).dispose();
      x.dispose();
    }),
  );

  it('refuses a tensor that is disposed', () =>
    withModel(network(), async (sparse) => {
      const x = images(1, 1);
      x.dispose();
      const before = tf.memory().numTensors;
      expect(() => sparse.predict(x)).toThrow(/dispos/);
      await expect(sparse.predictAsync(x)).rejects.toThrow(/dispos/);
      expect(tf.memory().numTensors).toBe(before);
    }));
});
