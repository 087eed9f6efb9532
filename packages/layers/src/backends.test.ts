import {
  fromFunction,
  type Mask,
  maskFromWords,
  registerStrategy,
  unpackMask,
  type WeightView,
} from '@secateur/masks';
import { constantSparsity } from '@secateur/schedules';
import { dispose, io, memory, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { type BackendCase, backendCases } from './backends.fixture.js';
import { bareConfig, cloneModel, pruneLowMagnitude, startPruning, unwrap, wrappersOf } from './index.js';
import { valuesOf, weightNamed } from './tensors.fixture.js';

const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0, frequency: 2 });

/** Numbers that no backend had a hand in: `size` of them in (-1, 1), none of them zero, with ties. */
function numbers(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 26) - 31.5) / 32;
  });
}

const sizeOf = (shape: readonly (number | null)[]) =>
  shape.reduce<number>((product, n) => product * (n ?? 1), 1);

function wrap({ build, strategy, weights, kind }: BackendCase): LayersModel {
  const model = build();
  const values = model.getWeights().map(({ shape, size }, i) => tensor(numbers(size, i + 1), shape));
  model.setWeights(values);
  const pruned = weights === undefined ? {} : { weights };
  const head = strategy.scope === 'model' || kind === 'dense' ? {} : { head: false as const };
  const wrapped = pruneLowMagnitude(model, { schedule, strategy, layers: { pruned, ...head } });
  dispose(values);
  model.dispose();
  return wrapped;
}

function batchFor({ indices }: BackendCase, model: LayersModel, seed: number): { x: Tensor; y: Tensor } {
  const shape = [4, ...((model.inputs[0]?.shape ?? []).slice(1) as number[])];
  const values = numbers(sizeOf(shape), seed);
  const x = indices === undefined ? values : values.map((value) => Math.floor(((value + 1) / 2) * indices));
  return { x: tensor(x, shape), y: tensor(numbers(12, seed + 1), [4, 3]) };
}

/** The weights under masks, as the strategies see them. */
async function viewsOf(model: LayersModel): Promise<WeightView[]> {
  const views = wrappersOf(model).flatMap(({ wrapper }) =>
    wrapper.pruned.map(async ({ name, kind, variable }) => ({
      name,
      kind,
      shape: variable.read().shape,
      values: (await variable.read().data<'float32'>()).slice(),
    })),
  );
  return Promise.all(views);
}

async function masksOf(model: LayersModel): Promise<Mask[]> {
  return (await Promise.all(wrappersOf(model).map(({ wrapper }) => wrapper.readMasks()))).flat();
}

function stepsOf(model: LayersModel): Promise<number[]> {
  return Promise.all(wrappersOf(model).map(({ wrapper }) => wrapper.readEvaluations()));
}

/** The values with those that the mask prunes at zero; of -0 and 0 this makes 0. */
function masked(values: ArrayLike<number>, mask: Mask): number[] {
  const kept = unpackMask(mask);
  return Array.from(values, (value, index) => (kept[index] === 1 ? value + 0 : 0));
}

const plain = (values: ArrayLike<number>) => Array.from(values, (value) => value + 0);

async function saved(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts as io.ModelArtifacts;
}

describe.each(backendCases)('$name', (row) => {
  it('has the same masks as on the host, all the way', async () => {
    const tensors = memory().numTensors;
    const model = wrap(row);
    const { x, y } = batchFor(row, model, 9);
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });

    // The first masks, of numbers that are known without asking the backend.
    const start = await viewsOf(model);
    const run = await startPruning(model);
    let masks = row.strategy.masks(start, 0.5);
    expect(await masksOf(model)).toEqual(masks);
    expect((await viewsOf(model)).map(({ values }) => plain(values))).toEqual(
      start.map(({ values }, i) => masked(values, masks[i] as Mask)),
    );

    let trained = start;
    for (let batch = 1; batch <= 3; batch += 1) {
      await model.trainOnBatch(x, y);
      trained = await viewsOf(model);
      await run.step();
      if (batch % 2 === 0) masks = row.strategy.masks(trained, 0.5);
      expect(await masksOf(model)).toEqual(masks);
      const after = await viewsOf(model);
      expect(after.map(({ values }) => plain(values))).toEqual(
        trained.map(({ values }, i) => masked(values, masks[i] as Mask)),
      );
      expect(after.some(({ values }, i) => values.some((value, at) => value !== start[i]?.values[at]))).toBe(
        true,
      );
    }
    expect(await stepsOf(model)).toEqual(wrappersOf(model).map(() => 4));
    run.stop();

    const stripped = cloneModel(model, (layer) => bareConfig(unwrap(layer)));
    expect(wrappersOf(stripped)).toEqual([]);
    const kernels = wrappersOf(model).flatMap(({ wrapper }) =>
      wrapper.pruned.map(({ variable }) => variable),
    );
    for (const [index, { originalName }] of kernels.entries()) {
      const { values } = trained[index] as WeightView;
      const copy = weightNamed(stripped, originalName);
      expect((await valuesOf(copy)).map((value) => value + 0)).toEqual(masked(values, masks[index] as Mask));
    }
    stripped.dispose();
    model.dispose();
    dispose([x, y]);
    expect(memory().numTensors).toBe(tensors);
  });

  it('goes on from a file as if it had not stopped', async () => {
    const tensors = memory().numTensors;
    const model = wrap(row);
    const { x, y } = batchFor(row, model, 5);
    const train = async (each: LayersModel, batches: number) => {
      each.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const run = await startPruning(each);
      for (let batch = 0; batch < batches; batch += 1) {
        await each.trainOnBatch(x, y);
        await run.step();
      }
      run.stop();
      each.optimizer.dispose();
    };
    await train(model, 1);
    const loaded = await loadLayersModel(io.fromMemory(await saved(model)));
    expect(await masksOf(loaded)).toEqual(await masksOf(model));
    expect(await stepsOf(loaded)).toEqual(await stepsOf(model));
    expect(await viewsOf(loaded)).toEqual(await viewsOf(model));
    await train(model, 2);
    await train(loaded, 2);
    expect(await masksOf(loaded)).toEqual(await masksOf(model));
    expect(await viewsOf(loaded)).toEqual(await viewsOf(model));
    expect(await stepsOf(loaded)).toEqual(wrappersOf(loaded).map(() => 4));
    for (const each of [model, loaded]) each.dispose();
    dispose([x, y]);
    expect(memory().numTensors).toBe(tensors);
  });
});

describe('mask words', () => {
  // A float32 holds 24 bits: a backend that keeps integers as floats may round these.
  const words = [
    0xffffffff, 0x80000001, 0x7fffffff, 0x01000001, 0xdeadbeef, 0x00000001, 0xfffffffe, 0x0f0f0f0f,
  ];
  const size = 32 * words.length;

  it('survive training, copying, saving and loading bit by bit', async () => {
    const tensors = memory().numTensors;
    const wanted = maskFromWords(size, words);
    const bare = sequential({ layers: [layers.dense({ name: 'pruned', units: 16, inputShape: [16] })] });
    const strategy = fromFunction(() => wanted, { kind: 'wanted' });
    registerStrategy('wanted', () => strategy);
    const model = pruneLowMagnitude(bare, { schedule, strategy });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const [x, y] = [tensor(numbers(64, 1), [4, 16]), tensor(numbers(64, 2), [4, 16])];
    const run = await startPruning(model);
    for (let batch = 0; batch < 3; batch += 1) {
      await model.trainOnBatch(x, y);
      await run.step();
      dispose(model.predict(x));
    }
    run.stop();
    const copy = cloneModel(model, () => undefined);
    const loaded = await loadLayersModel(io.fromMemory(await saved(copy)));
    const again = await loadLayersModel(io.fromMemory(await saved(loaded)));
    again.setWeights(loaded.getWeights());
    for (const each of [model, copy, loaded, again]) {
      expect(await masksOf(each)).toEqual([wanted]);
      each.dispose();
    }
    bare.dispose();
    dispose([x, y]);
    expect(memory().numTensors).toBe(tensors);
  });
});
