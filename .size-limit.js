/**
 * What a user's bundle gets from a package, siblings with it, and TensorFlow.js, Node's own modules and h5wasm without:
 * minified and brotli-compressed. A limit is about a tenth above the size of the day it was set.
 */
const limits = [
  { path: 'schedules/dist/index.js', import: '*', limit: '1.55 kB' },
  { path: 'schedules/dist/index.js', import: '{ constantSparsity }', limit: '0.63 kB' },
  { path: 'masks/dist/index.js', import: '*', limit: '6.45 kB' },
  { path: 'masks/dist/index.js', import: '{ magnitude }', limit: '2.9 kB' },
  { path: 'layers/dist/index.js', import: '*', limit: '13.2 kB' },
  { path: 'layers/dist/index.js', import: '{ pruneLowMagnitude, updatePruningStep }', limit: '11.9 kB' },
  { path: 'structure/dist/index.js', import: '*', limit: '31 kB' },
  { path: 'structure/dist/index.js', import: '{ planStructure, shrink }', limit: '26.6 kB' },
  { path: 'structure/dist/index.js', import: '{ channelGroups }', limit: '8.4 kB' },
  { path: 'export/dist/index.js', import: '*', limit: '10.2 kB' },
  { path: 'export/dist/node.js', import: '*', limit: '5.3 kB' },
  { path: 'export/dist/node.js', import: '{ nodeFile }', limit: '4.8 kB' },
  { path: 'export/dist/h5.js', import: '*', limit: '7.6 kB' },
  { path: 'wasm-emit/dist/index.js', import: '*', limit: '2.7 kB' },
  { path: 'sparse/dist/index.js', import: '*', limit: '42 kB' },
  { path: 'sparse/dist/bare.js', import: '*', limit: '1.9 kB' },
  { path: 'wasm-train/dist/index.js', import: '*', limit: '15.5 kB' },
  { path: 'wasm-train/dist/index.js', import: '{ registerWasmTraining }', limit: '15.4 kB' },
];

export default limits.map(({ path, ...rest }) => ({
  ...rest,
  name: `${path.replace('/dist/', ' ')} ${rest.import}`,
  path: `packages/${path}`,
  ignore: ['@tensorflow/*', 'node:*', 'h5wasm'],
}));
