import { shrink } from '@secateur/structure';
import { ones } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { unwrap, wrap } from './inputs.js';

const from10 = Array.from({ length: 774 }, (_, index) => 10 + index);

it('selects of what an earlier selection left', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [784], useBias: false })] });
  model.setWeights([ones([784, 2])]);
  const layer = model.inputs[0]?.sourceLayer.name as string;
  const first = await shrink(model, { plan: { layers: [{ layer, units: 784, remove: from10 }] } });
  const once = wrap(first.model, first.report.inputs, unwrap(model));
  expect(unwrap(once).indices).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

  const { inner } = unwrap(once);
  const second = await shrink(inner, { plan: { layers: [{ layer, units: 10, remove: [0, 3, 4] }] } });
  const twice = wrap(second.model, second.report.inputs, unwrap(once));
  expect(unwrap(twice).indices).toEqual([1, 2, 5, 6, 7, 8, 9]);
  expect(twice.inputs[0]?.shape).toEqual([null, 784]);
});

it('leaves a model alone that takes all features', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [784] })] });
  expect(unwrap(model)).toEqual({ inner: model, indices: undefined });
  expect(wrap(model, [], unwrap(model))).toBe(model);
});
