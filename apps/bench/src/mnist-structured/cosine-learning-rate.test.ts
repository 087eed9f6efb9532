import { expect, it } from 'vitest';
import { cosineWithWarmUp } from './cosine-learning-rate.js';

it.each([
  [0, 0],
  [0.015, 0.5 * 0.99945],
  [0.25, 0.85355],
  [0.5, 0.5],
  [0.75, 0.14645],
  [1, 0],
])('at %f of the training the learning rate is %f of its peak', (progress, factor) => {
  expect(cosineWithWarmUp(progress)).toBeCloseTo(factor, 4);
});
