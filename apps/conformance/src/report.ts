import type { Row } from './row.js';

/** The rows of a run, counted. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly rows: readonly Row[];
}

/** Counts rows. */
export function report(rows: readonly Row[]): Report {
  const passed = rows.filter((row) => row.passed).length;
  return { passed, failed: rows.length - passed, rows };
}

/** A report as text: counts by suite, what tfmot gets wrong, and every failure. */
export function reportText({ passed, failed, rows }: Report): string {
  const suites = [...new Set(rows.map(({ suite }) => suite))];
  const counts = suites.map((suite) => {
    const own = rows.filter((row) => row.suite === suite);
    return `${suite.padEnd(12)}${String(own.filter((row) => row.passed).length).padStart(6)} of ${own.length}`;
  });
  const bugs = new Map<string, number>();
  for (const { tfmotBug } of rows)
    if (tfmotBug !== undefined) bugs.set(tfmotBug, (bugs.get(tfmotBug) ?? 0) + 1);
  const wrong = [...bugs].map(([bug, count]) => `  ${bug} (${count} ${count === 1 ? 'row' : 'rows'})`);
  const failures = rows
    .filter((row) => !row.passed)
    .map(({ suite, name, detail }) => `  FAILED ${suite}: ${name}\n    ${detail}`);
  return [
    ...counts,
    ...(wrong.length > 0
      ? ['', 'Where tfmot is wrong, and ours is held against an answer of its own:', ...wrong]
      : []),
    ...(failures.length > 0 ? ['', ...failures] : []),
    '',
    `${passed} passed, ${failed} failed`,
  ].join('\n');
}
