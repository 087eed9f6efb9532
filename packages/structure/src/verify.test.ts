import { concat, memory, reverse, serialization, slice, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers as l, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { registerChannelRule } from './rule-registry.js';
import { shrink } from './shrink.js';
import { chain, differenceOf, errorOf, weightsOf } from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

const only = (inputs: Tensor | Tensor[]) => [inputs].flat()[0] as Tensor;

/** Moves every channel to the next place. */
class Rolled extends l.Layer {
  static readonly className = 'Rolled';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = only(inputs);
      const last = x.shape[1] as number;
      return concat([slice(x, [0, last - 1], [-1, 1]), slice(x, [0, 0], [-1, last - 1])], 1);
    });
  }
}

/** Puts the channels in the opposite order. */
class Reversed extends l.Layer {
  static readonly className = 'Reversed';
  override call(inputs: Tensor | Tensor[]): Tensor {
    return reverse(only(inputs), 1);
  }
}

for (const cls of [Rolled, Reversed]) serialization.registerClass(cls);
// Wrong: they don't stay where they are.
registerChannelRule('Rolled', ({ inputs: [x] }) => ({ outputs: x === undefined ? [] : [x] }));
registerChannelRule('Reversed', ({ inputs: [x] }) => ({
  outputs: x === undefined ? [] : [{ ...x, axes: x.axes.map((axis) => axis?.slice().reverse() ?? null) }],
}));

const plan = { layers: [{ layer: 'hidden', units: 5, remove: [0, 3] }] };
const hidden = () => l.dense({ name: 'hidden', units: 5, inputShape: [4], activation: 'tanh' });

describe('a shrunk model that answers otherwise', () => {
  it.each<[string, () => l.Layer[], string]>([
    ['in the model', () => [new Rolled({ name: 'rolled' })], 'rolled'],
    [
      'behind others',
      () => [l.dense({ name: 'next', units: 5 }), l.reLU({ name: 'relu' }), new Rolled({ name: 'rolled' })],
      'rolled',
    ],
    [
      'in a model inside',
      () => [
        sequential({ name: 'inner', layers: [l.reLU({ inputShape: [5] }), new Rolled({ name: 'rolled' })] }),
      ],
      'inner/rolled',
    ],
  ])('is an error that names the layer: %s', async (_, between, layer) => {
    const model = chain(hidden(), ...between(), l.dense({ name: 'logits', units: 2 }));
    const planned = model.layers.some(({ name }) => name === 'next')
      ? { layers: [{ layer: 'next', units: 5, remove: [0, 3] }] }
      : plan;
    const weights = await weightsOf(model);
    const error = await errorOf(shrink(model, { plan: planned }));
    expect(StructureError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      layer,
      message: expect.stringMatching(
        new RegExp(
          `^The shrunk model differs from the masked one by .+, more than the tolerance of 0.0001; ` +
            `the first layer that differs is "${layer}". The model is left as it was$`,
        ),
      ),
    });
    expect(await weightsOf(model)).toEqual(weights);
  });

  it('leaves no tensors', async () => {
    const model = chain(hidden(), new Rolled({ name: 'rolled' }), l.dense({ name: 'logits', units: 2 }));
    const { numTensors } = memory();
    await errorOf(shrink(model, { plan }));
    expect(memory().numTensors).toBe(numTensors);
  });

  it('passes with a tolerance that allows it, which the report tells', async () => {
    const model = chain(hidden(), new Rolled({ name: 'rolled' }), l.dense({ name: 'logits', units: 2 }));
    const { model: shrunk, report } = await shrink(model, { plan, tolerance: 10 });
    expect(report.maxRelError).toBeGreaterThan(0.01);
    expect(shrunk.layers[0]?.outputShape).toEqual([null, 3]);
  });
});

it('passes where the rule is right', async () => {
  const model = chain(hidden(), new Reversed({ name: 'reversed' }), l.dense({ name: 'logits', units: 2 }));
  const { model: shrunk, report } = await shrink(model, { plan });
  expect(report.maxRelError).toBeLessThan(1e-5);
  const [kernel] = shrunk.getLayer('logits').getWeights();
  const whole = (await weightsOf(model))['logits/kernel'] as number[];
  // Units 0 and 3 of five are rows 4 and 1 behind the reversal.
  expect(Array.from((await kernel?.data()) ?? [])).toEqual([0, 1, 4, 5, 6, 7].map((i) => whole[i]));
  expect(await differenceOf(model, shrunk)).toBeGreaterThan(1e-3);
});
