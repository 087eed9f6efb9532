import { expect, it } from 'vitest';
import { microseconds } from './latency.js';

it('finds how long tasks take, and which takes longer', () => {
  const busy = (duration: number) => () => {
    const end = performance.now() + duration;
    while (performance.now() < end);
  };
  const { short, long } = microseconds({ short: busy(0.3), long: busy(0.9) });
  expect(short).toBeGreaterThanOrEqual(300);
  expect(long).toBeGreaterThanOrEqual(900);
  expect(long / short).toBeGreaterThan(1.5);
});
