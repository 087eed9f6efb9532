import { describe, expect, it } from 'vitest';
import { Weights } from '../graph/weights.js';
import { block4, block8 } from './block-sparse.js';
import type { ConvolutionKernel } from './convolution-kernel.js';
import type { ConvolutionProblem } from './convolution-problem.js';
import { dense } from './dense.js';
import { tfjsCost } from './tfjs-cost.js';

/** A product of `positions` x `inChannels` with a matrix in which every n-th block of `size` output channels is not zero. */
function productOf(
  positions: number,
  inChannels: number,
  outChannels: number,
  every = 1,
  size = 8,
): ConvolutionProblem {
  const values = new Float32Array(inChannels * outChannels);
  for (let block = 0; block < values.length / size; block += every)
    values.fill(1, block * size, (block + 1) * size);
  return {
    ...{
      batch: 1,
      inHeight: 1,
      inWidth: positions,
      inChannels,
      outHeight: 1,
      outWidth: positions,
      outChannels,
    },
    ...{
      filterHeight: 1,
      filterWidth: 1,
      strideY: 1,
      strideX: 1,
      dilationY: 1,
      dilationX: 1,
      top: 0,
      left: 0,
    },
    ...{ weights: new Weights(values, [1, 1, inChannels, outChannels]), activation: { kind: 'linear' } },
  };
}

function costOf(kernel: ConvolutionKernel, problem: ConvolutionProblem): number {
  return kernel.cost(problem) ?? Number.NaN;
}

describe('costs of blocks and of all weights', () => {
  it.each([1, 3, 49, 196, 784])(
    'all weights are the better choice without zeros, for %d positions',
    (positions) => {
      const problem = productOf(positions, 256, 256);
      expect(costOf(dense, problem)).toBeLessThan(costOf(block8, problem));
      expect(costOf(dense, problem)).toBeLessThan(costOf(block4, problem));
    },
  );

  it.each([1, 3, 49, 196, 784])('with half of the blocks zero, blocks are, for %d positions', (positions) => {
    const problem = productOf(positions, 256, 256, 2);
    expect(costOf(block8, problem)).toBeLessThan(costOf(dense, problem));
    expect(costOf(block8, problem)).toBeLessThan(costOf(block4, problem));
  });

  it('prefers blocks of four where those of eight hold zeros', () => {
    const problem = productOf(196, 256, 256, 5, 4);
    expect(costOf(block4, problem)).toBeLessThan(costOf(block8, problem));
  });

  // 196 x 512 x 512 x 2 flop.
  it('expects about 58 GFLOP/s on a large layer', () => {
    const problem = productOf(196, 512, 512, 10);
    const flops = 2 * 196 * problem.weights.nonZeros;
    expect(flops / costOf(block8, problem)).toBeGreaterThan(50);
    expect(flops / costOf(block8, problem)).toBeLessThan(62);
  });

  it('expects less of tfjs', () => {
    for (const positions of [1, 2, 3, 4, 7, 49, 196, 1000]) {
      for (const channels of [1, 5, 8, 30, 256]) {
        const problem = productOf(positions, 128, channels, 1, 1);
        expect(tfjsCost(problem)).toBeGreaterThan(costOf(dense, problem));
      }
    }
  });
});
