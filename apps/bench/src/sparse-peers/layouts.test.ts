import { expect, it } from 'vitest';
import { channelsFirst, channelsLast, transposed } from './layouts.js';

const counting = (length: number) => Float32Array.from({ length }, (_, index) => index);

it('moves axes', () => {
  expect([...transposed(counting(6), [2, 3], [1, 0])]).toEqual([0, 3, 1, 4, 2, 5]);
  expect([...transposed(counting(8), [2, 2, 2], [2, 0, 1])]).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
  expect([...transposed(counting(8), [2, 1, 4], [1, 0, 2])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('moves the channels of an image to the front and back', () => {
  const first = channelsFirst(counting(12), [2, 2, 3]);
  expect([...first]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  expect([...channelsLast(first, [3, 2, 2])]).toEqual([...counting(12)]);
});
