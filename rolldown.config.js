import { readFileSync } from 'node:fs';

/**
 * The script-tag bundle of the package in the current folder. Every bundle adds to one global, `secateur`;
 * TensorFlow.js is the page's own `tf`.
 */
const { name } = JSON.parse(readFileSync('package.json', 'utf8'));

const globalOf = (/** @type {string} */ id) => {
  if (id === '@tensorflow/tfjs-backend-wasm') return 'tf.wasm';
  return id.startsWith('@tensorflow/') ? 'tf' : 'secateur';
};

export default {
  input: 'dist/index.js',
  platform: 'browser',
  external: /^@(tensorflow|secateur)\//,
  output: {
    file: `dist/${name.slice(1).replace('/', '-')}.min.js`,
    format: 'iife',
    name: 'secateur',
    extend: true,
    codeSplitting: false,
    // What a bundle exports anew is on the same global: a getter would look for it at itself.
    externalLiveBindings: false,
    globals: globalOf,
    minify: true,
    sourcemap: true,
  },
};
