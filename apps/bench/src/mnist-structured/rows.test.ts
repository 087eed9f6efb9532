import { expect, it } from 'vitest';
import { rowsOf } from './rows.js';

const seeds = (widths: string, macs: number, ...errors: number[]) =>
  errors.map((errorPercent) => ({ widths, macs, errorPercent }));

it('makes a row of each place of a curve, the dense network first', () => {
  const dense = seeds('784-300-100-10', 266_200, 1.4, 1.5, 1.3);
  const curve = [
    seeds('784-158-53-10', 133_100, 1.41, 1.46, 1.42),
    seeds('784-81-27-10', 65_961, 1.6, 1.6, 1.6),
  ];
  expect(rowsOf('lenet-300-100', dense, curve)).toEqual([
    {
      net: 'lenet-300-100',
      widths: '784-300-100-10',
      keptMacs: 1,
      macs: 266_200,
      errorPercent: 1.4,
      denseErrorPercent: 1.4,
      spread: 0.2,
      errors: '1.40 / 1.50 / 1.30',
    },
    {
      net: 'lenet-300-100',
      widths: '784-158-53-10',
      keptMacs: 0.5,
      macs: 133_100,
      errorPercent: 1.43,
      denseErrorPercent: 1.4,
      spread: 0.05,
      errors: '1.41 / 1.46 / 1.42',
    },
    {
      net: 'lenet-300-100',
      widths: '784-81-27-10',
      keptMacs: 0.2478,
      macs: 65_961,
      errorPercent: 1.6,
      denseErrorPercent: 1.4,
      spread: 0,
      errors: '1.60 / 1.60 / 1.60',
    },
  ]);
});
