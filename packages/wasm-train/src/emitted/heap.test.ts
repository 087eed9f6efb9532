import {
  avgPool,
  backend,
  conv2d,
  grad,
  matMul,
  maxPool,
  mul,
  profile,
  reshape,
  setBackend,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  train,
  type Variable,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  emscripten,
  expectSameOnBoth,
  initialBackend,
  random,
  valuesOn,
  withoutHeap,
} from '../../testing/backends.js';
import { registerWasmTraining } from '../register.js';
import { WasmTrainError } from '../wasm-train-error.js';
import { heapOf } from './heap.js';

registerWasmTraining();

afterEach(async () => {
  vi.restoreAllMocks();
  await setBackend(initialBackend);
});

type Heapful = Parameters<typeof heapOf>[0];

interface Net {
  readonly batch: number;
  readonly side: number;
  readonly channels: number;
  readonly filters: number;
  readonly window: number;
  readonly stride: number;
  readonly pad: 'same' | 'valid';
}

/** The gradients of a convolution, of poolings and of products, one after the other. */
function gradients({ batch, side, channels, filters, window, stride, pad }: Net): Tensor[] {
  const x = random([batch, side, side, channels], 1);
  const filter = random([window, window, channels, filters], 2);
  const matrix = random([filters, 5], 3);
  const net = (input: Tensor, w: Tensor, m: Tensor): Tensor => {
    const y = conv2d(input as Tensor4D, w as Tensor4D, stride, pad);
    const pooled = avgPool(maxPool(y as Tensor4D, 2, 1, 'same') as Tensor4D, 2, 2, pad);
    return sum(square(matMul(reshape(pooled, [-1, filters]) as Tensor2D, m as Tensor2D)));
  };
  return [
    grad((input: Tensor) => net(input, filter, matrix))(x),
    grad((w: Tensor) => net(x, w, matrix))(filter),
    grad((m: Tensor) => net(x, filter, m))(matrix),
  ];
}

const anyNet: fc.Arbitrary<Net> = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  side: fc.integer({ min: 6, max: 11 }),
  channels: fc.integer({ min: 1, max: 6 }),
  filters: fc.integer({ min: 1, max: 18 }),
  window: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
});

describe('the heap', () => {
  it('is in reach with this version of tfjs, and not where its memory is hidden', async () => {
    await setBackend('wasm');
    expect(heapOf(backend() as Heapful)).toBeDefined();
    await withoutHeap(async () => {
      expect(heapOf(backend() as Heapful)).toBeUndefined();
    });
    expect(heapOf(backend() as Heapful)).toBeDefined();
  });

  it('gives back all that kernels take of it', async () => {
    // The module puts other functions in their place when they are called for the first time.
    await valuesOn('wasm', () => random([1], 1));
    await setBackend('wasm');
    await fc.assert(
      fc.asyncProperty(anyNet, async (net) => {
        const malloc = vi.spyOn(emscripten(), '_malloc');
        const free = vi.spyOn(emscripten(), '_free');
        await valuesOn('wasm', () => gradients(net));
        const taken = malloc.mock.results.map(({ value }) => value as number);
        const given = free.mock.calls.map(([address]) => address).filter((address) => address !== 0);
        vi.restoreAllMocks();
        expect(taken.length).toBeGreaterThan(3);
        expect([...given].sort()).toEqual([...taken].sort());
      }),
      { numRuns: 25 },
    );
  });

  it('says so when there is no memory left, and goes on', async () => {
    await setBackend('wasm');
    const heap = heapOf(backend() as Heapful);
    try {
      heap?.scratch(2 ** 32 - 64, () => expect.unreachable());
      expect.unreachable();
    } catch (error) {
      expect(WasmTrainError.isInstance(error) && error.option).toBe('bytes');
    }
    expect(await valuesOn('wasm', () => matMul(random([9, 2], 1), random([2, 1], 2)))).toHaveLength(1);
  });
});

describe('without the heap', () => {
  it('the gradients are those of the cpu backend', async () => {
    await withoutHeap(async () => {
      await fc.assert(
        fc.asyncProperty(
          anyNet.filter(({ pad }) => pad === 'valid'),
          async (net) => {
            await expectSameOnBoth(() => gradients(net), 1e-4);
          },
        ),
        { numRuns: 25 },
      );
    });
  });

  it('optimizers run the kernels of tfjs', async () => {
    await withoutHeap(async () => {
      const v: Variable = variable(random([3], 1));
      const { grads } = variableGrads(() => sum(mul(v, v)), [v]);
      const { kernels } = await profile(() => {
        train.adam(0.1).applyGradients(grads as never);
        return [];
      });
      expect(kernels.map(({ name }) => name)).toContain('Sqrt');
    });
  });
});

describe('with the heap', () => {
  it('the gradients are those of the cpu backend', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyNet.filter(({ pad }) => pad === 'valid'),
        async (net) => {
          await expectSameOnBoth(() => gradients(net), 1e-4);
        },
      ),
      { numRuns: 25 },
    );
  });
});
