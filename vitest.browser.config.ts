import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { launchOptions } from './testing/chromium.js';

/** Tests see the packages' sources, never a stale build. */
const conditions = ['@secateur/source', 'module', 'browser', 'development|production'];

const withoutTensors = ['schedules', 'masks', 'wasm-emit'].map((name) => `packages/${name}/src/**/*.test.ts`);

const onBackend = (backend: 'webgl' | 'webgpu' | 'wasm') => ({
  browser: 'chromium' as const,
  name: backend,
  // Those of wasm-train and export need Node: they load the wasm binary by its path, and write files. Of structure, those
  // that run models.
  include: [
    'packages/layers/src/**/*.test.ts',
    'packages/structure/src/{absorb,select-features,shrink,verify}.test.ts',
    'packages/sparse/src/predict-async.test.ts',
    // Synchronous predictions read tensors synchronously, which webgpu hardly can.
    ...(backend === 'webgpu' ? [] : ['packages/sparse/src/{sparsify,bare/bare}.test.ts']),
  ],
  // Paths of an instance are not taken from the root.
  setupFiles: [fileURLToPath(new URL(`testing/browser-${backend}.ts`, import.meta.url))],
});

export default defineConfig({
  // For memory that threads share.
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    reporters: ['default', './testing/counts.reporter.ts'],
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'script-tag', include: ['testing/script-tag.test.ts'] } },
      {
        extends: true,
        resolve: { conditions, dedupe: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'] },
        optimizeDeps: {
          include: [
            '@tensorflow/tfjs',
            '@tensorflow/tfjs-backend-cpu',
            '@tensorflow/tfjs-backend-wasm',
            '@tensorflow/tfjs-backend-webgl',
            '@tensorflow/tfjs-backend-webgpu',
            '@tensorflow/tfjs-core',
            '@tensorflow/tfjs-layers',
            'fast-check',
          ],
        },
        test: {
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions }),
            instances: [
              { browser: 'chromium', name: 'plain', include: withoutTensors },
              onBackend('webgl'),
              onBackend('webgpu'),
              onBackend('wasm'),
            ],
          },
        },
      },
    ],
  },
});
