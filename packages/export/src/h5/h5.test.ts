import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { modelCases, predictions, weightValues } from '../../../../testing/model-cases.js';
import { loadH5 } from './load-h5.js';
import { saveH5 } from './save-h5.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secateur-h5-'));
});

describe('saved and loaded again', () => {
  for (const { name, make } of modelCases) {
    it(name, async () => {
      const model = make();
      const path = join(folder, 'model.h5');
      const before = tf.memory().numTensors;
      await saveH5(model, path);
      expect(tf.memory().numTensors).toBe(before);
      const loaded = await loadH5(path);
      expect(tf.memory().numTensors - before).toBe(loaded.weights.length);
      expect(loaded.name).toBe(model.name);
      expect(await weightValues(loaded)).toEqual(await weightValues(model));
      expect(await predictions(loaded)).toEqual(await predictions(model));
      expect(await readdir(folder)).toEqual(['model.h5']);
    });
  }
});
