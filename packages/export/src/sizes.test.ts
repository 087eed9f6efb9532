import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { nodeFile } from './node-file.js';
import { compareSizes, fileSize, modelSize } from './sizes.js';

const network = (zeros: number) => {
  const model = sequential({ layers: [layers.dense({ units: 100, inputShape: [100] })] });
  const [kernel, bias] = model.getWeights() as [tf.Tensor, tf.Tensor];
  const keep = tf.tidy(() => tf.randomUniform([100, 100], 0, 1, 'float32', 1).greaterEqual(zeros));
  model.setWeights([tf.mul(kernel, keep), bias]);
  return model;
};

describe('modelSize', () => {
  it('counts the weights to the byte, and what gzip -9 makes of them', async () => {
    const model = network(0.8);
    const before = tf.memory().numTensors;
    const size = await modelSize(model);
    expect(tf.memory().numTensors).toBe(before);
    const bytes = Buffer.concat(
      await Promise.all(
        model.weights.map(async (weight) => Buffer.from((await weight.read().data()).buffer)),
      ),
    );
    expect(size.weights.raw).toBe(101 * 100 * 4);
    expect(size.weights.gzip).toBe(gzipSync(bytes, { level: 9 }).byteLength);
    expect(size.weights.brotli).toBeLessThan(size.weights.gzip);
    for (const part of ['raw', 'gzip', 'brotli'] as const) {
      expect(size[part]).toBe(size.weights[part] + size.topology[part]);
    }
  });

  it('is within the shard names of what lies in the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'secateur-size-'));
    const model = network(0.5);
    await model.save(nodeFile(folder));
    const sizes = await Promise.all((await readdir(folder)).map((name) => fileSize(join(folder, name))));
    const written = sizes.reduce((total, { raw }) => total + raw, 0);
    const { raw } = await modelSize(model);
    expect(written - raw).toBe('"group1-shard1of1.0123456789abcdef.bin"'.length);
  });

  it('takes artifacts, with weight data in pieces', async () => {
    const weightSpecs = [{ name: 'w', shape: [5], dtype: 'bool' as const }];
    const whole = await modelSize({
      modelTopology: {},
      weightSpecs,
      weightData: new Uint8Array([1, 2, 3, 4, 5]).buffer,
    });
    const pieces = [new Uint8Array([1, 2]).buffer, new Uint8Array([3, 4, 5]).buffer];
    expect(await modelSize({ modelTopology: {}, weightSpecs, weightData: pieces })).toEqual(whole);
    expect(whole.weights.raw).toBe(5);
  });

  it('of zeros is less, compressed', async () => {
    const { ratio } = compareSizes(await modelSize(network(0)), await modelSize(network(0.9)));
    expect(ratio.raw).toBe(1);
    expect(ratio.gzip).toBeGreaterThan(4);
    expect(ratio.brotli).toBeGreaterThan(4);
  });
});

describe('fileSize', () => {
  it('compresses the whole file', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'secateur-size-')), 'file');
    await writeFile(path, 'secateur '.repeat(1000));
    const size = await fileSize(path);
    expect(size.raw).toBe(9000);
    expect(size.gzip).toBe(gzipSync(await readFile(path), { level: 9 }).byteLength);
    expect(size.brotli).toBeLessThan(60);
  });
  it('names a file that is not there', async () => {
    await expect(fileSize('/no/such/file')).rejects.toThrow('/no/such/file could not be measured');
  });
});

it('compareSizes divides dense by pruned', () => {
  const sizes = { raw: 100, gzip: 60, brotli: 50 };
  const compared = compareSizes(sizes, { raw: 100, gzip: 20, brotli: 10 });
  expect(compared.ratio).toEqual({ raw: 1, gzip: 3, brotli: 5 });
  expect(compared.dense).toEqual(sizes);
});
