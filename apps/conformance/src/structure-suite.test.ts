import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { StructureCase } from './structure-case.js';
import { structureCases } from './structure-cases.js';
import { structureRow, structureSuite } from './structure-suite.js';

beforeAll(() => setBackend('cpu'));

const cases = Object.values(structureCases).flat();
const right = cases.find(({ name }) => name === 'dense -> dense') as StructureCase;
const zero = { 'head/kernel': [0, [1, 3, 5]] } as const;
const after = { hidden: [[4, 3], [3]], head: [[3, 2], [2]] };

test('every case is right', async () => {
  const rows = await structureSuite();
  expect(rows.filter(({ passed }) => !passed)).toEqual([]);
  expect(rows).toHaveLength(cases.length);
});

test.each<[string, Partial<StructureCase>, RegExp]>([
  [
    'other rows are zero in the reference',
    { expected: { outcome: 'smaller', zero: { 'head/kernel': [0, [1, 3, 4]] }, after } },
    /apart from the reference/,
  ],
  [
    'nothing is zero in the reference',
    { remove: [], expected: { outcome: 'smaller', zero: {}, after: {} } },
    /no parameter is gone/,
  ],
  [
    'other shapes are expected',
    { expected: { outcome: 'smaller', zero, after: { ...after, head: [[4, 2], [2]] } } },
    /head \[\[3,2\],\[2\]\], not \[\[4,2\],\[2\]\]/,
  ],
  [
    'a refusal is expected',
    { expected: { outcome: 'refused', at: 'head', because: '', message: /./ } },
    /it was shrunk/,
  ],
  ['it should stay whole', { expected: { outcome: 'kept', because: '', message: /./ } }, /other weights/],
  ['there is no such layer', { layer: 'hiden' }, /no layer "hiden"/],
  [
    'the reference has no such weight',
    { expected: { outcome: 'smaller', zero: { 'had/kernel': [0, [1]] }, after } },
    /no weight "had\/kernel"/,
  ],
])('a case fails when %s', async (_, change, detail) => {
  const { passed, detail: found } = await structureRow({ ...right, ...change });
  expect(passed).toBe(false);
  expect(found).toMatch(detail);
});

test.each([
  ['layer norm over the channels', { at: 'hidden layer' }, /"hidden layer" is not named/],
  ['layer norm over the channels', { message: /softmax/ }, /the reason is another one/],
])('a refusal of %s fails with %o', async (name, change, detail) => {
  const one = cases.find((each) => each.name === name) as StructureCase;
  const expected = { ...one.expected, ...change } as StructureCase['expected'];
  const row = await structureRow({ ...one, expected });
  expect(row.passed).toBe(false);
  expect(row.detail).toMatch(detail);
});
