import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers as l, loadLayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { build, recipe } from './random-model.fixture.js';

const N = Number(process.env['N'] ?? 300);
const SEED = Number(process.env['SEED'] ?? 1);
function visit(layer: any, seen: Map<string, number>, here: Set<string>) {
  here.add(layer.getClassName());
  for (const k of ['layer', 'forwardLayer', 'backwardLayer', 'cell'])
    if (layer[k]) visit(layer[k], seen, here);
  for (const one of layer.layers ?? layer.cells ?? []) visit(one, seen, here);
}
async function save(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  let a!: tf.io.ModelArtifacts;
  await model.save(
    tf.io.withSaveHandler(async (x) => {
      a = x;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return a;
}
it('works', async () => {
  const arb = recipe({ without: tf.getBackend() === 'wasm' ? ['conv3dTranspose'] : [] });
  const samples = fc.sample(arb, { numRuns: N, seed: SEED });
  const fails = new Map<string, { n: number; r: string }>();
  const seen = new Map<string, number>();
  const t = { build: 0, predict: 0, save: 0, load: 0, predict2: 0 };
  let max = 0,
    layersN = 0;
  const diffs: number[] = [];
  for (const r of samples) {
    let phase = 'build';
    const tensors = tf.memory().numTensors;
    try {
      let t0 = performance.now();
      const lap = (k: keyof typeof t) => {
        const n = performance.now();
        t[k] += n - t0;
        t0 = n;
        phase = k;
      };
      const b = build(r);
      lap('build');
      phase = 'predict';
      const here = new Set<string>();
      visit(b.model, seen, here);
      for (const h of here) seen.set(h, (seen.get(h) ?? 0) + 1);
      layersN += b.model.layers.length;
      const x = b.data(2, 1);
      const y = [b.model.predict(x.length === 1 ? x[0]! : x)].flat();
      const v = await Promise.all(y.map((o) => o.data()));
      lap('predict');
      phase = 'save';
      for (const o of v)
        for (const e of o) {
          if (!Number.isFinite(e)) throw new Error('not finite');
          max = Math.max(max, Math.abs(e));
        }
      const art = await save(b.model);
      lap('save');
      phase = 'load';
      const loaded = await loadLayersModel(tf.io.fromMemory(art));
      lap('load');
      phase = 'predict2';
      const y2 = [loaded.predict(x.length === 1 ? x[0]! : x)].flat();
      const v2 = await Promise.all(y2.map((o) => o.data()));
      lap('predict2');
      phase = 'compare';
      v.forEach((o, i) =>
        o.forEach((e, j) => {
          if (Math.abs(e - v2[i]![j]!) > 1e-6 * Math.max(1, Math.abs(e))) throw new Error('differs');
        }),
      );
      loaded.dispose();
      tf.dispose([x, y, y2]);
      b.dispose();
      phase = 'leak';
      if (tf.memory().numTensors !== tensors) throw new Error(`leak ${tf.memory().numTensors - tensors}`);
    } catch (e) {
      const m =
        phase +
        ': ' +
        String((e as Error).message)
          .slice(0, 160)
          .replace(/\d+/g, '#');
      const f = fails.get(m);
      const js = JSON.stringify(r);
      if (!f) fails.set(m, { n: 1, r: js + '\n' + (e as Error).stack!.split('\n').slice(1, 9).join('\n') });
      else {
        f.n++;
        if (js.length < f.r.split('\n')[0]!.length)
          f.r = js + '\n' + (e as Error).stack!.split('\n').slice(1, 9).join('\n');
      }
    }
  }
  const classes = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
    .filter(([, [c]]: any) => c.prototype instanceof l.Layer)
    .map(([n]) => n);
  console.log(JSON.stringify(t), 'max', max, 'layers', layersN / N);
  console.log(
    'missing',
    classes.filter((c) => !seen.has(c)),
  );
  console.log(classes.map((c) => `${c} ${seen.get(c) ?? 0}`).join(', '));
  for (const [m, { n, r }] of [...fails].sort((a, b) => b[1].n - a[1].n)) console.log(n, m, '\n', r);
  expect(fails.size).toBe(0);
}, 600000);
