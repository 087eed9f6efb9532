import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, models, sequential } from '@tensorflow/tfjs-layers';
import { beforeEach, describe, expect, it } from 'vitest';
import { modelCases, predictions, weightValues } from '../../../testing/model-cases.js';
import { ExportError } from './export-error.js';
import { nodeFile } from './node-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secateur-export-'));
});

const shardsIn = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.endsWith('.bin')).sort();
const dense = (value = 0.5, units = 4): LayersModel =>
  sequential({
    layers: [layers.dense({ units, inputShape: [3], kernelInitializer: tf_constant(value), name: 'out' })],
  });
const tf_constant = (value: number): never => ({ className: 'Constant', config: { value } }) as never;

describe('round trips', () => {
  for (const { name, make } of modelCases) {
    it(`${name}: same weights, same predictions, by the stock loader`, async () => {
      const model = make();
      const before = tf.memory().numTensors;
      await model.save(nodeFile(folder, { shardBytes: 100 }));
      const loaded = await loadLayersModel(nodeFile(join(folder, 'model.json')));
      expect(tf.memory().numTensors - before).toBe(loaded.weights.length);
      expect(await weightValues(loaded)).toEqual(await weightValues(model));
      expect(await predictions(loaded)).toEqual(await predictions(model));
      const { modelTopology } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
      expect(modelTopology).toEqual(model.toJSON(null, false));
    });
  }

  for (const optimizer of [
    tf.train.momentum(0.1, 0.9),
    tf.train.adam(0.01),
    tf.train.rmsprop(0.01),
    tf.train.adagrad(0.1),
  ]) {
    it(`training goes on as if it had not been interrupted: ${optimizer.getClassName()}`, async () => {
      const xs = tf.randomUniform([8, 3], -1, 1, 'float32', 1);
      const ys = tf.randomUniform([8, 4], -1, 1, 'float32', 2);
      const fit = (model: LayersModel) => model.fit(xs, ys, { epochs: 3, shuffle: false, verbose: 0 });
      const model = dense();
      model.compile({ optimizer, loss: 'meanSquaredError' });
      await fit(model);
      await model.save(nodeFile(folder), { includeOptimizer: true });
      const resumed = await loadLayersModel(nodeFile(folder));
      await fit(model);
      await fit(resumed);
      const values = await weightValues(model);
      expect(await weightValues(resumed)).toEqual(values);

      await model.save(nodeFile(join(folder, 'without')));
      const fresh = await loadLayersModel(nodeFile(join(folder, 'without')));
      expect(fresh.optimizer).toBeUndefined();
    });
  }

  it('keeps what the user put on the model', async () => {
    const model = dense();
    model.setUserDefinedMetadata({ labels: ['a', 'ä'] });
    await model.save(nodeFile(folder));
    const loaded = await loadLayersModel(nodeFile(folder));
    expect(loaded.getUserDefinedMetadata()).toEqual({ labels: ['a', 'ä'] });
  });

  it('artifacts of every kind of weight, and of a graph model', async () => {
    const text = new TextEncoder().encode('añb');
    const string = new Uint8Array([4, 0, 0, 0, ...text, 0, 0, 0, 0]);
    const weightData = await new Blob([
      new Float32Array([1.5, -0, Number.NaN]),
      new Int32Array([-7, 2 ** 31 - 1]),
      new Uint8Array([1, 0, 1]),
      new Uint8Array([0, 128, 255]),
      new Uint16Array([0x3c00]),
      string,
    ]).arrayBuffer();
    const artifacts: tf.io.ModelArtifacts = {
      modelTopology: { node: [{ name: 'x', op: 'Placeholder' }], versions: { producer: 1 } },
      format: 'graph-model',
      generatedBy: '2.15.0',
      convertedBy: 'TensorFlow.js Converter v4.22.0',
      signature: { inputs: { x: { name: 'x:0' } } },
      modelInitializer: { node: [] },
      weightSpecs: [
        { name: 'f', shape: [3], dtype: 'float32' },
        { name: 'none', shape: [0, 5], dtype: 'float32' },
        { name: 'i', shape: [2, 1], dtype: 'int32' },
        { name: 'b', shape: [3], dtype: 'bool' },
        { name: 'q', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -64 } },
        { name: 'h', shape: [], dtype: 'float32', quantization: { dtype: 'float16' } },
        { name: 's', shape: [2], dtype: 'string' },
      ],
      weightData,
    };
    await nodeFile(folder, { shardBytes: 7 }).save(artifacts);
    expect(await shardsIn(folder)).toHaveLength(Math.ceil(weightData.byteLength / 7));
    const loaded = await nodeFile(folder).load();
    expect(loaded).toEqual(artifacts);
    const weights = tf.io.decodeWeights(loaded.weightData as ArrayBuffer, loaded.weightSpecs ?? []);
    expect(Array.from(await (weights.q as tf.Tensor).data())).toEqual([-64, 0, 63.5]);
    expect(Array.from(await (weights.s as tf.Tensor).data())).toEqual(['añb', '']);
    tf.dispose(weights);
  });

  it('weight data in several buffers, and as a stream', async () => {
    const buffers = [
      new Uint8Array([1, 2, 3]).buffer,
      new ArrayBuffer(0),
      new Uint8Array([4, 5, 6, 7, 8]).buffer,
    ];
    const base: tf.io.ModelArtifacts = {
      modelTopology: {},
      weightSpecs: [{ name: 'b', shape: [8], dtype: 'bool' }],
    };
    const expected = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    await nodeFile(folder, { shardBytes: 5 }).save({ ...base, weightData: buffers });
    expect((await nodeFile(folder).load()).weightData).toEqual(expected);
    const other = join(folder, 'stream');
    await nodeFile(other).save({
      ...base,
      getWeightStream: () => new Blob(buffers).stream() as unknown as ReadableStream<ArrayBuffer>,
    });
    expect((await nodeFile(other).load()).weightData).toEqual(expected);
  });

  it('a topology without weights', async () => {
    const topology = dense().toJSON(null, false) as object;
    await nodeFile(folder).save({ modelTopology: topology });
    expect(await readdir(folder)).toEqual(['model.json']);
    const loaded = await nodeFile(folder).load();
    expect(loaded.weightData).toBeUndefined();
    expect((await models.modelFromJSON(loaded.modelTopology as never)).countParams()).toBe(16);
  });
});

describe('the files', () => {
  it('are model.json and shards of the wanted size, named by their content', async () => {
    await dense(0.5, 10).save(nodeFile(folder, { shardBytes: 64 }));
    const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    expect(Object.keys(json).slice(0, 5)).toEqual([
      'modelTopology',
      'format',
      'generatedBy',
      'convertedBy',
      'weightsManifest',
    ]);
    expect([json.format, json.convertedBy]).toEqual(['layers-model', null]);
    const [{ paths, weights }] = json.weightsManifest;
    expect(weights).toEqual([
      { name: 'out/kernel', shape: [3, 10], dtype: 'float32' },
      { name: 'out/bias', shape: [10], dtype: 'float32' },
    ]);
    expect(paths).toHaveLength(3);
    expect(paths[0]).toMatch(/^group1-shard1of3\.[0-9a-f]{16}\.bin$/);
    const bytes = await Promise.all(
      paths.map(async (path: string) => (await readFile(join(folder, path))).byteLength),
    );
    expect(bytes).toEqual([64, 64, 32]);
  });

  it('of the old model go, and no others', async () => {
    await writeFile(join(folder, 'notes.bin'), 'mine');
    await dense(0.5).save(nodeFile(folder));
    await dense(0.5).save(nodeFile(join(folder, 'copy.json')));
    const shared = await shardsIn(folder);
    await dense(0.25).save(nodeFile(folder));
    expect(await shardsIn(folder)).toEqual(expect.arrayContaining(shared));
    await dense(0.25).save(nodeFile(join(folder, 'copy.json')));
    expect((await readdir(folder)).sort()).toEqual(
      [
        'copy.json',
        'model.json',
        'notes.bin',
        ...(await shardsIn(folder)).filter((name) => /^group/.test(name)),
      ].sort(),
    );
    expect(await shardsIn(folder)).toHaveLength(2);
  });

  it('outside the folder are never touched, whatever the old model.json names', async () => {
    const inner = join(folder, 'inner');
    await mkdir(inner);
    await writeFile(join(folder, 'outside.bin'), 'x');
    await writeFile(join(inner, 'thesis.txt'), 'x');
    await writeFile(
      join(inner, 'model.json'),
      JSON.stringify({
        weightsManifest: [{ paths: ['../outside.bin', join(folder, 'outside.bin'), 'thesis.txt'] }],
      }),
    );
    await dense().save(nodeFile(inner));
    expect(await readdir(folder)).toEqual(['inner', 'outside.bin']);
    expect(await readdir(inner)).toContain('thesis.txt');
  });

  it('saves to one path at the same time queue up', async () => {
    const values = [1, 2, 3, 4, 5];
    await Promise.all(values.map((value) => dense(value).save(nodeFile(folder, { shardBytes: 20 }))));
    const [kernel] = await weightValues(await loadLayersModel(nodeFile(folder)));
    expect(new Set(kernel)).toEqual(new Set([5]));
    expect(await readdir(folder)).toHaveLength(1 + Math.ceil((16 * 4) / 20));
  });

  it('a load while another model is saved gives one or the other', async () => {
    const handler = nodeFile(folder, { shardBytes: 16 });
    await dense(0).save(handler);
    let saving = true;
    const saves = (async () => {
      for (let value = 1; value <= 30; value += 1) await dense(value).save(handler);
      saving = false;
    })();
    let loads = 0;
    while (saving) {
      const [kernel] = await weightValues(await loadLayersModel(handler));
      expect(new Set(kernel).size).toBe(1);
      loads += 1;
    }
    await saves;
    expect(loads).toBeGreaterThan(1);
  });
});

describe('a save that fails', () => {
  it('leaves the old model, and nothing else', async () => {
    await dense(0.5).save(nodeFile(folder));
    const files = await readdir(folder);
    const broken = { modelTopology: {}, weightSpecs: [{ name: 'w', shape: [2], dtype: 'float32' as const }] };
    await expect(nodeFile(folder).save({ ...broken, weightData: new ArrayBuffer(7) })).rejects.toThrow(
      'take 8 bytes, but its data has 7',
    );
    await expect(nodeFile(folder).save({ modelTopology: new ArrayBuffer(1) })).rejects.toThrow('binary');
    expect(await readdir(folder)).toEqual(files);
  });

  it('half way leaves the old model, and nothing else', async () => {
    await dense(0.5, 8).save(nodeFile(folder, { shardBytes: 64 }));
    const files = (await readdir(folder)).sort();
    const next = dense(0.25, 8);
    // Find the name of the second new shard, and put a folder in its way.
    await next.save(nodeFile(join(folder, 'probe'), { shardBytes: 64 }));
    const [, second] = await shardsIn(join(folder, 'probe'));
    await mkdir(join(folder, String(second)));
    await writeFile(join(folder, String(second), 'x'), '');
    await expect(next.save(nodeFile(folder, { shardBytes: 64 }))).rejects.toThrow(/could not be saved/);
    expect((await readdir(folder)).sort()).toEqual([...files, 'probe', String(second)].sort());
    const [kernel] = await weightValues(await loadLayersModel(nodeFile(folder)));
    expect(new Set(kernel)).toEqual(new Set([0.5]));
  });

  it('because the folder is a file says which', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await dense()
      .save(nodeFile(join(folder, 'file')))
      .catch((thrown: unknown) => thrown);
    expect(ExportError.isInstance(error) && error.file).toBe(join(folder, 'file', 'model.json'));
  });
});

describe('options', () => {
  for (const [option, value] of [
    ['shardBytes', 0],
    ['shardBytes', 1.5],
    ['shardBytes', Number.NaN],
    ['maxJsonBytes', -1],
  ] as const) {
    it(`${option}: ${value} is refused`, () => {
      expect(() => nodeFile('x', { [option]: value })).toThrow(
        `${option} is ${value}; it must be a positive integer`,
      );
    });
  }
  for (const path of ['', 'a\0b', 7]) {
    it(`path ${JSON.stringify(path)} is refused`, () => {
      expect(() => nodeFile(path as string)).toThrow('it must be a file or folder name');
    });
  }
  it('a JSON file over maxJsonBytes is not read', async () => {
    await dense().save(nodeFile(folder));
    await expect(nodeFile(folder, { maxJsonBytes: 100 }).load()).rejects.toThrow(
      'more than maxJsonBytes (100)',
    );
  });
});

describe('hostile files', () => {
  const weight = { name: 'w', shape: [2], dtype: 'float32' };
  const withManifest = (manifest: unknown): string =>
    JSON.stringify({ modelTopology: {}, weightsManifest: manifest });
  const group = (weights: unknown, paths: unknown = ['w.bin']): string => withManifest([{ paths, weights }]);
  const cases: [string, string, RegExp][] = [
    ['empty', '', /model\.json is not JSON/],
    ['cut off', '{"modelTopology": {', /is not JSON/],
    ['a list', '[]', /no JSON object/],
    ['null', 'null', /no JSON object/],
    ['too deep', `{"modelTopology": ${'['.repeat(5000)}${']'.repeat(5000)}}`, /levels deep/],
    ['without topology', '{}', /modelTopology must be an object/],
    ['topology is text', '{"modelTopology": "x"}', /modelTopology must be an object/],
    ['format is a number', '{"modelTopology": {}, "format": 7}', /format must be a string/],
    ['manifest is an object', withManifest({}), /weightsManifest is \{\}; it must be a list/],
    ['group is null', withManifest([null]), /weightsManifest\[0\] is null/],
    ['paths missing', withManifest([{ weights: [] }]), /weightsManifest\[0\]\.paths is nothing/],
    ['path is a number', group([weight], [1]), /paths\[0\] is 1; it must be a string/],
    ['name missing', group([{ ...weight, name: undefined }]), /weights\[0\]\.name is nothing/],
    ['name __proto__', group([{ ...weight, name: '__proto__' }]), /name is "__proto__"/],
    ['named twice', group([weight, weight]), /'w' is named twice/],
    [
      'negative size',
      group([{ ...weight, shape: [-2] }]),
      /shape is \[-2\]; it must be non-negative integers/,
    ],
    ['fraction', group([{ ...weight, shape: [0.5] }]), /shape is \[0\.5\]/],
    ['text size', group([{ ...weight, shape: ['2'] }]), /shape is \["2"\]/],
    [
      'huge',
      group([{ ...weight, shape: [2 ** 31, 2 ** 31] }]),
      /'w' of shape \[2147483648,2147483648\] is too large/,
    ],
    ['beyond numbers', group([{ ...weight, shape: [1e200, 1] }]), /non-negative integers/],
    ['overflow to zero', group([{ ...weight, shape: [...Array(30).fill(2 ** 52), 0] }]), /too large/],
    ['unknown dtype', group([{ ...weight, dtype: 'float64' }]), /dtype is "float64"/],
    ['unknown group', group([{ ...weight, group: 'x' }]), /group is "x"; it must be 'model' or 'optimizer'/],
    [
      'quantized to int8',
      group([{ ...weight, quantization: { dtype: 'int8' } }]),
      /quantization\.dtype is "int8"/,
    ],
    [
      'scale per channel',
      group([{ ...weight, quantization: { dtype: 'uint8', scale: [1, 2], min: 0 } }]),
      /quantization\.scale is \[1,2\]; it must be a finite number/,
    ],
    ['no min', group([{ ...weight, quantization: { dtype: 'uint8', scale: 1 } }]), /min is nothing/],
    [
      'quantized bool',
      group([{ ...weight, dtype: 'bool', quantization: { dtype: 'uint8', scale: 1, min: 0 } }]),
      /bool can't be quantized/,
    ],
    [
      'float16 of int32',
      group([{ ...weight, dtype: 'int32', quantization: { dtype: 'float16' } }]),
      /holds int32/,
    ],
    ['missing bytes', group([{ ...weight, shape: [3] }]), /take 12 bytes, but its files hold 8/],
    ['extra bytes', group([{ ...weight, shape: [1] }]), /take 4 bytes, but its files hold 8/],
    ['no paths', group([weight], []), /take 8 bytes, but its files hold 0/],
    ['string too long', group([{ ...weight, shape: [1], dtype: 'string' }]), /don't fill their 8 bytes/],
    ['many strings', group([{ ...weight, shape: [2 ** 40], dtype: 'string' }]), /don't fill their 8 bytes/],
    ['missing file', group([weight], ['gone.bin']), /'gone\.bin', which isn't there/],
    ['file as folder', group([weight], ['w.bin/x']), /isn't there/],
    ['parent', group([weight], ['../secret.bin']), /'\.\.\/secret\.bin' leaves the folder/],
    ['inner parent', group([weight], ['a/../../secret.bin']), /leaves the folder/],
    ['windows parent', group([weight], ['..\\secret.bin']), /leaves the folder/],
    ['absolute', group([weight], ['/etc/hostname']), /is absolute/],
    ['windows absolute', group([weight], ['\\\\host\\x']), /is absolute/],
    ['drive', group([weight], ['c:\\x']), /is a URL/],
    ['URL', group([weight], ['http://127.0.0.1/x']), /is a URL/],
    ['file URL', group([weight], ['file:///etc/hostname']), /is a URL/],
    ['zero byte', group([weight], ['w.bin\0.png']), /is not a file name/],
    ['empty path', group([weight], ['']), /is not a file name/],
    ['the folder itself', group([weight], ['.']), /leaves the folder|is not a file/],
    ['a folder', group([weight], ['sub']), /is not a file/],
    ['link out', group([weight], ['link.bin']), /is a link that leaves the folder/],
    ['folder link out', group([weight], ['up/secret.bin']), /is a link that leaves the folder/],
  ];

  for (const [name, json, message] of cases) {
    it(name, async () => {
      const model = join(folder, 'model');
      await mkdir(join(model, 'sub'), { recursive: true });
      await writeFile(join(folder, 'secret.bin'), new Uint8Array(8));
      await writeFile(join(model, 'w.bin'), new Uint8Array(8).fill(255));
      await symlink('../secret.bin', join(model, 'link.bin'));
      await symlink('..', join(model, 'up'));
      await writeFile(join(model, 'model.json'), json);
      const error = await nodeFile(model)
        .load()
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      expect(ExportError.isInstance(error)).toBe(true);
      expect((error as ExportError).message).toMatch(message);
      expect((error as ExportError).file).toBe(join(model, 'model.json'));
    });
  }

  it('bytes that are not UTF-8', async () => {
    await writeFile(join(folder, 'model.json'), new Uint8Array([0x7b, 0xff, 0x7d]));
    await expect(nodeFile(folder).load()).rejects.toThrow(ExportError);
  });

  it('keys that name prototypes change nothing', async () => {
    const text =
      '{"modelTopology": {"__proto__": {"a": 1}, "\\u005f_proto__": {"a": 1}, "constructor": {"prototype": {"a": 1}}}}';
    await writeFile(join(folder, 'model.json'), text);
    const { modelTopology } = await nodeFile(folder).load();
    expect(Object.keys(modelTopology ?? {})).toEqual(['constructor']);
    expect(({} as { a?: number }).a).toBeUndefined();
    expect(({ ...modelTopology } as { a?: number }).a).toBeUndefined();
  });

  it('a link that stays inside, and a path into a folder below, are read', async () => {
    await mkdir(join(folder, 'weights'));
    await writeFile(join(folder, 'weights', 'a.bin'), new Uint8Array(new Float32Array([3]).buffer));
    await symlink('weights/a.bin', join(folder, 'b.bin'));
    await writeFile(join(folder, 'model.json'), group([weight], ['weights/a.bin', 'b.bin']));
    const { weightData } = await nodeFile(folder).load();
    expect(new Float32Array(weightData as ArrayBuffer)).toEqual(new Float32Array([3, 3]));
  });

  it('several groups follow each other', async () => {
    await writeFile(join(folder, 'a.bin'), new Uint8Array([1, 2]));
    await writeFile(join(folder, 'b.bin'), new Uint8Array([3]));
    const bools = (name: string, size: number) => ({ name, shape: [size], dtype: 'bool' });
    const manifest = [
      { paths: ['a.bin'], weights: [bools('a', 2)] },
      { paths: ['b.bin'], weights: [bools('b', 1)] },
    ];
    await writeFile(join(folder, 'model.json'), withManifest(manifest));
    const { weightData, weightSpecs } = await nodeFile(folder).load();
    expect(new Uint8Array(weightData as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    expect(weightSpecs).toEqual([bools('a', 2), bools('b', 1)]);
  });
});
