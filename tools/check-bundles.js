/**
 * Loads TensorFlow.js and our script-tag bundles in one global scope, in the order a page would, and calls a function
 * of each.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';
import { packages, root, siblingsOf } from './workspace.js';

/** What a page does with each bundle, once all are loaded. */
const uses = {
  '@secateur/schedules': `secateur.constantSparsity({ targetSparsity: 0.5, beginStep: 0 }).at(0).sparsity === 0.5`,
  '@secateur/masks': `
    const weight = { name: 'w', values: Float32Array.of(3, -1, 2, 0), shape: [4, 1], kind: 'dense' };
    secateur.countKept(secateur.magnitude().masks([weight], 0.5)[0]) === 2`,
  '@secateur/layers': `
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const schedule = secateur.constantSparsity({ targetSparsity: 0.5, beginStep: 0 });
    secateur.pruneLowMagnitude(model, { schedule }).layers[0] instanceof secateur.PruneLowMagnitude`,
  '@secateur/structure': `
    const hidden = tf.layers.dense({ units: 4, name: 'hidden', inputShape: [3] });
    const model = tf.sequential({ layers: [hidden, tf.layers.dense({ units: 2 })] });
    const plan = { layers: [{ layer: 'hidden', units: 4, remove: [0] }] };
    secateur.explain(model, { plan }).after.parameters === 20 &&
      typeof secateur.shrink(model, { plan }).then === 'function'`,
  '@secateur/export': `
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const schedule = secateur.constantSparsity({ targetSparsity: 0.5, beginStep: 0 });
    typeof secateur.stripPruning(secateur.pruneLowMagnitude(model, { schedule })).then === 'function'`,
  '@secateur/wasm-emit': `
    const builder = new secateur.ModuleBuilder();
    builder.exported('seven', { params: [], results: ['i32'] }).i32Const(7);
    const module = new WebAssembly.Module(builder.build());
    new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 1 }) } }).exports.seven() === 7`,
  '@secateur/sparse': `
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    typeof secateur.toBare === 'function' && typeof secateur.sparsify(model).then === 'function'`,
  '@secateur/wasm-train': `typeof secateur.registerWasmTraining === 'function' && typeof tf.wasm.setWasmPaths === 'function'`,
};

const require = createRequire(import.meta.url);
const page = vm.createContext({
  console,
  TextDecoder,
  TextEncoder,
  performance,
  setTimeout,
  URL,
  navigator: {},
  document: {},
});
vm.runInContext('var window = globalThis, self = globalThis', page);
/** Top-level consts of a use stay in its block; declarations of a bundle are global, as in a page. */
const load = (/** @type {string} */ file) =>
  vm.runInContext(readFileSync(file, 'utf8'), page, { filename: file });

for (const name of ['core', 'backend-cpu', 'backend-wasm', 'layers']) {
  load(require.resolve(`@tensorflow/tfjs-${name}/dist/tf-${name}.min.js`));
}
await vm.runInContext("tf.setBackend('cpu')", page);
const bundled = packages.filter(({ manifest }) => manifest.unpkg !== undefined);
const inOrder = bundled.toSorted((a, b) => siblingsOf(a).length - siblingsOf(b).length);
for (const { folder, manifest } of inOrder) load(join(folder, manifest.unpkg ?? ''));
for (const { name, folder, manifest } of bundled) {
  const file = join(folder, manifest.unpkg ?? '');
  const text = readFileSync(file, 'utf8');
  assert(
    text.split('\n').filter((line) => !line.startsWith('//')).length <= 2,
    `${name}: the bundle is not minified`,
  );
  const index = readFileSync(join(folder, 'dist/index.js'), 'utf8');
  const isOwn = !index.split('\n').every((line) => /^(export .* from '@secateur\/|\/\/|$)/.test(line));
  assert(!isOwn || existsSync(`${file}.map`), `${name}: the bundle has no source map`);
  const use = /** @type {Record<string, string>} */ (uses)[name];
  assert(use, `${name}: tools/check-bundles.js does not use its bundle`);
  assert.equal(vm.runInContext(`{${use}}`, page), true, `${name}: the bundle does not do what it should`);
  process.stdout.write(`${file.slice(root.length + 1)}: loads and works\n`);
}
