import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activation } from '../graph/activation.js';
import type { Depthwise } from '../graph/operation.js';
import type { Padding, Window } from '../graph/window.js';
import { SparseError } from '../sparse-error.js';
import { depthwise } from './depthwise.js';
import { expectAsFloat64, randomFloats, randomValues, runOperation } from './run-operation.fixture.js';

function operationOf(channels: number, window: Partial<Window>, rest: Partial<Depthwise> = {}): Depthwise {
  const whole: Window = {
    size: [3, 3],
    strides: [1, 1],
    dilations: [1, 1],
    padding: 'same',
    ...window,
  };
  const { multiplier = 1 } = rest;
  return {
    kind: 'depthwise',
    channels,
    multiplier,
    filter: randomFloats(whole.size[0] * whole.size[1] * channels * multiplier, 7),
    window: whole,
    bias: randomFloats(channels * multiplier, 9),
    activation: { kind: 'linear' },
    ...rest,
  };
}

const activations: readonly Activation[] = [
  { kind: 'linear' },
  { kind: 'relu' },
  { kind: 'relu6' },
  { kind: 'leakyRelu', alpha: 0.3 },
  { kind: 'elu', alpha: 0.7 },
  { kind: 'sigmoid' },
  { kind: 'tanh' },
  { kind: 'swish' },
];

const size = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }));
const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
const edge = fc.integer({ min: 0, max: 4 });
const padding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom('same' as const, 'valid' as const),
  fc.record({ top: edge, bottom: edge, left: edge, right: edge }),
);

describe('depthwise', () => {
  it('multiplies each channel with a filter of its own', () => {
    const operation: Depthwise = {
      kind: 'depthwise',
      channels: 4,
      multiplier: 1,
      filter: Float32Array.of(...[1, 10, 100, 1000], ...[2, 20, 200, 2000]),
      window: { size: [1, 2], strides: [1, 1], dilations: [1, 1], padding: 'same' },
      bias: Float32Array.of(0.5, 0, 0, -0.5),
      activation: { kind: 'relu6' },
    };
    const values = Float32Array.of(...[1, 1, 1, -1], ...[0.5, 0.25, -1, 0]);
    const { values: result } = runOperation(operation, [{ shape: [1, 1, 2, 4], values }]);
    expect([...result]).toEqual([...[2.5, 6, 0, 0], ...[1, 2.5, 0, 0]]);
  });

  it.each([
    [112, 32, 1],
    [112, 64, 2],
    [56, 128, 1],
    [56, 128, 2],
    [28, 256, 1],
    [28, 256, 2],
    [14, 512, 1],
    [14, 512, 2],
    [7, 1024, 1],
  ])('is right on %d x %d channels with strides of %d', (length, channels, stride) => {
    const operation = operationOf(channels, { strides: [stride, stride] }, { activation: { kind: 'relu6' } });
    expectAsFloat64(operation, [randomValues([1, length, length, channels])]);
  });

  it.each(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 20, 31, 33].flatMap((channels) =>
      [1, 2, 3].map((multiplier) => [channels, multiplier] as const),
    ),
  )('takes %d channels with a multiplier of %d', (channels, multiplier) => {
    expectAsFloat64(operationOf(channels, {}, { multiplier }), [randomValues([2, 5, 6, channels])]);
  });

  it.each(activations)('applies $kind', (activation) => {
    for (const channels of [3, 8, 13]) {
      expectAsFloat64(operationOf(channels, {}, { activation }), [randomValues([1, 5, 5, channels])]);
    }
  });

  it('applies prelu with a slope for each channel', () => {
    for (const channels of [2, 8, 13, 24]) {
      const activation: Activation = { kind: 'prelu', slopes: randomFloats(channels, 11) };
      expectAsFloat64(operationOf(channels, {}, { activation }), [randomValues([1, 5, 5, channels])]);
    }
  });

  it('is right for any window', () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.oneof(fc.constantFrom<[number, number]>([3, 3], [5, 5]), size),
          strides: pair,
          dilations: pair,
          padding,
          length: fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
          batch: fc.integer({ min: 1, max: 2 }),
          channels: fc.integer({ min: 1, max: 37 }),
          multiplier: fc.constantFrom(1, 1, 1, 2, 3),
          activation: fc.constantFrom(...activations),
          hasBias: fc.boolean(),
        }),
        ({ length, batch, channels, multiplier, activation, hasBias, ...window }) => {
          const { bias, ...operation } = operationOf(channels, window, { multiplier, activation });
          const shape = [batch, ...length, channels];
          const whole = { ...operation, ...(hasBias && bias !== undefined && { bias }) };
          try {
            depthwise.outputShape(whole, [shape]);
          } catch (error) {
            if (SparseError.isInstance(error)) return;
            throw error;
          }
          expectAsFloat64(whole, [randomValues(shape, 3)]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('is right for any window on small images of many channels', () => {
    fc.assert(
      fc.property(
        fc.record({ size, dilations: pair, padding, strides: pair }),
        fc.tuple(
          fc.integer({ min: 1, max: 2 }),
          fc.integer({ min: 3, max: 9 }),
          fc.integer({ min: 3, max: 9 }),
        ),
        fc.constantFrom(...activations, { kind: 'prelu' as const, slopes: randomFloats(512, 6) }),
        fc.constantFrom(0, 2),
        ({ strides, ...rest }, images, activation, variant) => {
          const window: Partial<Window> = { ...rest, strides: variant === 0 ? [strides[0], 1] : strides };
          const operation = operationOf(512, window, { activation });
          const shape = [...images, 512];
          try {
            depthwise.outputShape(operation, [shape]);
          } catch (error) {
            if (SparseError.isInstance(error)) return;
            throw error;
          }
          expectAsFloat64(operation, [randomValues(shape, 4)]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('passes NaN and infinities to what sees them', () => {
    const input = randomValues([1, 7, 9, 20]);
    input.values[(2 * 9 + 3) * 20 + 5] = Number.NaN;
    input.values[(5 * 9 + 8) * 20 + 17] = Number.POSITIVE_INFINITY;
    for (const strides of [
      [1, 1],
      [2, 2],
    ] as const) {
      for (const kind of ['linear', 'relu', 'relu6'] as const) {
        expectAsFloat64(operationOf(20, { strides }, { activation: { kind } }), [input]);
      }
    }
  });

  it('bounds its outputs', () => {
    const operation: Depthwise = {
      ...operationOf(2, { size: [1, 2] }),
      filter: Float32Array.of(1, -2, -3, 1),
      bias: Float32Array.of(-1, 10),
    };
    expect(depthwise.bound(operation, [10])).toBe(41);
    expect(depthwise.bound({ ...operation, activation: { kind: 'relu6' } }, [10])).toBe(6);
  });

  it('refuses other channels, and prelu with other slopes', () => {
    const operation = operationOf(8, {});
    expect(() => depthwise.outputShape(operation, [[1, 5, 5, 7]])).toThrow('8 channels');
    const activation: Activation = { kind: 'prelu', slopes: new Float32Array(7) };
    expect(() => depthwise.outputShape({ ...operation, activation }, [[1, 5, 5, 8]])).toThrow('7 slopes');
  });
});
