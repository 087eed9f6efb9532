import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { structureCases } from './structure-cases.js';
import { peerResults, peerTotals } from './structure-peers.js';
import { withTables } from './structure-table.js';

const page = readFileSync(new URL('../../../docs/guide/hard-cases.md', import.meta.url), 'utf8');

test('the tables of the page are those of the cases', () => {
  expect(withTables(page)).toBe(page);
});

test('a page without the marks is refused', () => {
  expect(() => withTables('# Hard cases')).toThrow(/has no "<!-- tables/);
});

test('names are unique, every peer’s case is quoted once, and totals add up', () => {
  const cases = Object.values(structureCases).flat();
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  expect(cases.flatMap(({ peers }) => peers ?? []).sort()).toEqual(Object.keys(peerResults).sort());
  for (const { networks, right, kept = 0, wrong = 0, other } of peerTotals) {
    expect(right + kept + wrong + other).toBe(networks);
  }
});
