import { defineConfig } from 'vitest/config';

/** Tests see the packages' sources, never a stale build. */
const conditions = ['@secateur/source', 'module', 'node', 'development|production'];
const source = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** What needs no tensors, or brings its own backend: it runs once. */
const withoutTensors = [
  ...['schedules', 'masks', 'wasm-emit'].map((name) => `packages/${name}/src/**/*.test.ts`),
  'packages/sparse/src/{fuzz,graph,kernels,operations,program}/**/*.test.ts',
];

const onBackend = (backend: 'cpu' | 'wasm') => ({
  extends: true as const,
  test: {
    name: backend,
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
    exclude: withoutTensors,
    setupFiles: [`testing/${backend}.ts`],
  },
});

export default defineConfig({
  ...source,
  test: {
    reporters: ['default', './testing/counts.reporter.ts'],
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'plain', include: withoutTensors } },
      onBackend('cpu'),
      onBackend('wasm'),
    ],
  },
});
