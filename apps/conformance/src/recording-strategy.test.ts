import { magnitude, unpackMask } from '@secateur/masks';
import { expect, it } from 'vitest';
import { recording } from './recording-strategy.js';

it('keeps the masks of each weight in order, and the smallest gap at a threshold', () => {
  const strategy = recording(magnitude());
  const weight = (values: readonly number[]) =>
    ({ name: 'w', kind: 'dense', shape: [2, 2], values: Float32Array.from(values) }) as const;
  strategy.masks([weight([4, -1, 0.5, 3])], 0.5);
  strategy.masks([weight([1, 1.25, -1.5, 0])], 0.5);
  expect(strategy.recorded('w').map((mask) => [...unpackMask(mask)])).toEqual([
    [1, 0, 0, 1],
    [0, 1, 1, 0],
  ]);
  expect(strategy.smallestGap()).toBe(0.25);
  expect(strategy.recorded('v')).toEqual([]);
});
