import { getBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quietTfjs } from './quiet-tfjs.fixture.js';
import { cut } from './random-cut.fixture.js';
import { recipe } from './random-model.fixture.js';
import { checkExplained, checkPlanned, checkZeros } from './shrink-checks.fixture.js';

/** tfjs computes Conv3DTranspose wrongly on wasm. */
const models = recipe({ without: getBackend() === 'wasm' ? ['conv3dTranspose'] : [] });

/** Other models on each backend. A failure prints its recipe, and its seed and path to run it again. */
const seed = getBackend() === 'wasm' ? 1_000 : 2_000;

describe('of random models', () => {
  quietTfjs();

  it('answers as the masked model does, has the planned size, is saved and loaded', async () => {
    let pruned = 0;
    const property = fc.asyncProperty(models, cut, async (model, channels) => {
      if ((await checkPlanned(model, channels)) > 0) pruned++;
    });
    await fc.assert(property, { numRuns: 1000, seed });
    expect(pruned).toBeGreaterThan(400);
  }, 600_000);

  it('keeps the answers when it finds what zeros have made useless', async () => {
    let pruned = 0;
    const property = fc.asyncProperty(models, cut, async (model, channels) => {
      if ((await checkZeros(model, channels)) > 0) pruned++;
    });
    await fc.assert(property, { numRuns: 500, seed: seed + 1 });
    expect(pruned).toBeGreaterThan(125);
  }, 600_000);

  it('explains and counts every one', () => {
    fc.assert(fc.property(models, checkExplained), { numRuns: 500, seed: seed + 2 });
  }, 600_000);
});
