import { gather, io, memory, randomUniform, type Tensor } from '@tensorflow/tfjs-core';
import { input, layers as l, loadLayersModel, model as modelOf } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { SelectFeatures, selectFeatures } from './select-features.js';
import { shrink } from './shrink.js';
import { answersOf, call, filled } from './small-models.fixture.js';
import { StructureError } from './structure-error.js';

function twoInputs() {
  const a = input({ shape: [6], name: 'a' });
  const b = input({ shape: [3, 4], name: 'b' });
  const merged = call(
    l.concatenate({ name: 'both' }),
    call(l.dense({ name: 'of_a', units: 3 }), a),
    call(l.flatten({ name: 'flat' }), call(l.dense({ name: 'of_b', units: 2 }), b)),
  );
  return filled(modelOf({ inputs: [a, b], outputs: call(l.dense({ name: 'out', units: 2 }), merged) }));
}

const plan = {
  layers: [
    { layer: 'b', units: 4, remove: [0, 2] },
    { layer: 'of_a', units: 3, remove: [1] },
  ],
};

describe('selectFeatures', () => {
  it('takes the original inputs, saves and loads', async () => {
    const model = twoInputs();
    const { model: small, report } = await shrink(model, { plan });
    expect(report.inputs).toEqual([{ layer: 'b', features: 4, indices: [1, 3] }]);
    expect(small.inputs.map(({ shape }) => shape)).toEqual([
      [null, 6],
      [null, 3, 2],
    ]);
    const whole = selectFeatures(small, report.inputs);
    expect(whole.inputs.map(({ shape }) => shape)).toEqual([
      [null, 6],
      [null, 3, 4],
    ]);
    const given = [randomUniform([5, 6], -1, 1, 'float32', 1), randomUniform([5, 3, 4], -1, 1, 'float32', 2)];
    const taken = [given[0], gather(given[1] as Tensor, [1, 3], -1)] as Tensor[];
    const answers = await answersOf(small, taken);
    expect(await answersOf(whole, given)).toEqual(answers);
    const artifacts = await new Promise<io.ModelArtifacts>((resolve) => {
      whole.save(
        io.withSaveHandler(async (saved) => {
          resolve(saved);
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        }),
      );
    });
    expect(await answersOf(await loadLayersModel(io.fromMemory(artifacts)), given)).toEqual(answers);
  });

  it('refuses a selection that does not fit', async () => {
    const { model: small } = await shrink(twoInputs(), { plan });
    expect(() => selectFeatures(small, [{ layer: 'b', features: 4, indices: [1] }])).toThrow(
      /"b" takes 2 features, not 1 of 4/,
    );
    expect(() => selectFeatures(small, [{ layer: 'b', features: 3, indices: [1, 3] }])).toThrow(
      StructureError,
    );
  });
});

describe('SelectFeatures', () => {
  it('takes features along the last axis, without leaks', () => {
    const layer = new SelectFeatures({ indices: [2, 0] });
    const x = randomUniform([2, 3, 4], -1, 1, 'float32', 3);
    const before = memory().numTensors;
    const y = layer.apply(x) as typeof x;
    expect(y.shape).toEqual([2, 3, 2]);
    expect(memory().numTensors).toBe(before + 1);
  });

  it.each([[[]], [[-1]], [[0.5]], ['0']])('refuses the indices %j', (indices) => {
    expect(() => new SelectFeatures({ indices: indices as number[] })).toThrow(StructureError);
  });
});
