import '@tensorflow/tfjs-backend-cpu';
import { StructureError, shrink } from '@secateur/structure';
import { dispose, getBackend, io, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { largestDifference } from './compare.js';
import { seeded } from './random.js';
import { withRightBatchNorm } from './right-batch-norm.js';
import type { Row } from './row.js';
import type { StructureCase } from './structure-case.js';
import { structureCases } from './structure-cases.js';
import { peerResults } from './structure-peers.js';
import { fillWeights, layersByPath, weightShapes, zeroSlices } from './structure-reference.js';

/** How far apart ours and the reference may be, as a part of the reference's largest value. */
const TOLERANCE = 1e-5;
/** How far the reference must be from the original at least, or the case shows nothing. */
const TELLING = 1e-3;
const BATCHES = [1, 5];

/** Small networks that are hard to shrink, each against a reference that is made by hand. */
export async function structureSuite(): Promise<Row[]> {
  const backend = getBackend();
  await setBackend('cpu');
  try {
    return await withRightBatchNorm(async () => {
      const rows: Row[] = [];
      for (const one of Object.values(structureCases).flat()) rows.push(await structureRow(one));
      return rows;
    });
  } finally {
    if (backend !== undefined) await setBackend(backend);
  }
}

/** One case, on the backend that is set. What throws is a failed row. */
export async function structureRow(one: StructureCase): Promise<Row> {
  const row = {
    suite: 'structure',
    name: one.name,
    right: one.expected.outcome,
    ...(one.peers !== undefined && { theirs: peerResults[one.peers] }),
  };
  try {
    return { ...row, passed: true, detail: await check(one) };
  } catch (error) {
    return { ...row, passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** What was found; throws where that isn't what is right. */
async function check(one: StructureCase): Promise<string> {
  const model = one.build();
  fillWeights(model);
  if (one.dead !== undefined) await zeroSlices(model, one.dead);
  const before = await stateOf(model);
  try {
    return one.expected.outcome === 'refused'
      ? await checkRefused(one, one.expected, model)
      : await checkAnswers(one, one.expected, model);
  } finally {
    demand((await stateOf(model)) === before, 'the given model was changed');
    model.dispose();
  }
}

type Answered = Exclude<StructureCase['expected'], { outcome: 'refused' }>;
type Refused = Extract<StructureCase['expected'], { outcome: 'refused' }>;

async function checkRefused(one: StructureCase, expected: Refused, model: LayersModel): Promise<string> {
  const error = await shrink(model, planFor(one)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  demand(error !== undefined, 'it was shrunk, but nothing can be removed');
  demand(StructureError.isInstance(error), `it failed with another error: ${error}`);
  demand(error.message.includes(expected.at), `"${expected.at}" is not named: ${error.message}`);
  demand(expected.message.test(error.message), `the reason is another one: ${error.message}`);
  return `refused: ${error.message}`;
}

async function checkAnswers(one: StructureCase, expected: Answered, model: LayersModel): Promise<string> {
  const reference = one.build();
  fillWeights(reference);
  await zeroSlices(reference, one.dead ?? (expected.outcome === 'smaller' ? expected.zero : {}));
  const { model: shrunk, report } = await shrink(model, planFor(one));

  const wanted = { ...weightShapes(model), ...(expected.outcome === 'smaller' && expected.after) };
  const found = weightShapes(shrunk);
  const other = Object.keys({ ...wanted, ...found }).filter(
    (path) => JSON.stringify(found[path]) !== JSON.stringify(wanted[path]),
  );
  const shapes = other.map(
    (path) => `${path} ${JSON.stringify(found[path])}, not ${JSON.stringify(wanted[path])}`,
  );
  demand(other.length === 0, `other weights than expected: ${shapes.join('; ')}`);
  demand(traits(shrunk) === traits(model), 'names, classes or `trainable` of layers were changed');
  if (expected.outcome === 'smaller') {
    demand(shrunk.countParams() < model.countParams(), 'no parameter is gone');
  } else {
    const kept = JSON.stringify(report.kept);
    demand(
      report.kept.some(({ layer }) => layer === one.layer),
      `"${one.layer}" is not reported as kept: ${kept}`,
    );
    demand(expected.message.test(kept), `the reason is another one: ${kept}`);
  }

  const reloaded = one.isLostOnSave === true ? undefined : await saveAndLoad(shrunk);
  if (reloaded === undefined) demand(await isLost(model), 'TensorFlow.js saves the network after all');
  let apart = 0;
  for (const batch of BATCHES) {
    const inputs = inputsFor(one, model, batch);
    const right = await answers(reference, inputs);
    const ours = await answers(shrunk, inputs);
    const again = reloaded === undefined ? ours : await answers(reloaded, inputs);
    const original = await answers(model, inputs);
    dispose(inputs);
    apart = Math.max(apart, distance(ours, right));
    demand(apart <= TOLERANCE, `batch ${batch}: ${apart.toExponential(1)} apart from the reference`);
    demand(distance(again, ours) === 0, `batch ${batch}: saved and loaded, it answers otherwise`);
    const tells = one.dead !== undefined || distance(original, right) > TELLING;
    demand(tells, `batch ${batch}: the reference answers as the original does`);
  }
  const sizes = `${model.countParams()} -> ${shrunk.countParams()} parameters`;
  for (const copy of [reference, shrunk, reloaded]) copy?.dispose();
  return `${sizes}, ${apart.toExponential(1)} apart`;
}

function planFor({ layer, units, remove, dead }: StructureCase): Parameters<typeof shrink>[1] {
  return dead === undefined ? { plan: { layers: [{ layer, units, remove }] } } : {};
}

/** What shrinking leaves as it is. */
function traits(model: LayersModel): string {
  const all = [...layersByPath(model)];
  return JSON.stringify([
    model.name,
    all.map(([path, layer]) => [path, layer.getClassName(), layer.trainable]),
  ]);
}

/** A model's config and weights, to tell whether they change. */
async function stateOf(model: LayersModel): Promise<string> {
  const weights = await Promise.all(model.weights.map((variable) => variable.read().data()));
  return JSON.stringify([model.toJSON(null, false), weights.map((values) => [...values])]);
}

async function saveAndLoad(model: LayersModel): Promise<LayersModel> {
  let saved: io.ModelArtifacts = {};
  await model.save(
    io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return loadLayersModel(io.fromMemory(saved));
}

/** Whether a saved network can't be loaded. */
async function isLost(model: LayersModel): Promise<boolean> {
  return saveAndLoad(model).then(
    (loaded) => {
      loaded.dispose();
      return false;
    },
    () => true,
  );
}

/** Examples: normal numbers, or indices of the embeddings. */
function inputsFor(
  { blank = 0, scale = 1, vocabulary }: StructureCase,
  model: LayersModel,
  batch: number,
): Tensor[] {
  const random = seeded(batch);
  return model.inputs.map(({ shape, dtype }) => {
    const one = shape.slice(1).map((length) => length ?? 7);
    const size = one.reduce((product, length) => product * length, 1);
    const draw = () =>
      vocabulary === undefined ? scale * random.normal() : random.integer(0, vocabulary - 1);
    const values = Array.from({ length: batch * size }, (_, i) => (i % size < size - blank ? draw() : 0));
    return tensor(values, [batch, ...one], dtype);
  });
}

/** All outputs. */
async function answers(model: LayersModel, inputs: Tensor[]): Promise<Float32Array[]> {
  const outputs = [model.predict(inputs.length === 1 ? (inputs[0] as Tensor) : inputs)].flat() as Tensor[];
  const values = await Promise.all(outputs.map((output) => output.data<'float32'>()));
  dispose(outputs);
  return values;
}

/** The largest difference, as a part of the largest value of the same output of `right`. */
function distance(ours: readonly Float32Array[], right: readonly Float32Array[]): number {
  if (ours.length !== right.length) return Number.POSITIVE_INFINITY;
  const parts = right.map(
    (values, i) =>
      largestDifference(ours[i] ?? [], values) /
      values.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE),
  );
  return Math.max(...parts);
}

function demand(holds: boolean, complaint: string): asserts holds {
  if (!holds) throw new Error(complaint);
}
