import { block } from '@secateur/masks';
import { expect, it } from 'vitest';
import { digestModels } from './digest-models.js';

it('prunes each layer but the depthwise one', async () => {
  const strategy = block({ blockSize: [1, 8] });
  const sparsities: Record<string, number> = {};
  for (const { name, build } of digestModels({ strategy, sparsity: 0.9 })) {
    const model = await build();
    const kernel = (await model.getWeights()[0]?.data()) ?? [];
    sparsities[name] = Number((kernel.filter((value) => value === 0).length / kernel.length).toFixed(1));
    model.dispose();
  }
  expect(sparsities).toEqual({
    'conv 1x1': 0.9,
    'conv 3x3': 0.9,
    'conv 3x3, stride 2': 0.9,
    'conv 5x5': 0.9,
    'depthwise 3x3': 0,
    'dense, batch 1': 0.9,
    'dense, batch 32': 0.9,
  });
});
