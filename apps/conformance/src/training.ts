import { pruneLowMagnitude, unwrap, updatePruningStep, wrappersOf } from '@secateur/layers';
import { type Mask, magnitude, unpackMask } from '@secateur/masks';
import { type Optimizer, tensor, train } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { countDifferent, largestDifference } from './compare.js';
import { type Digits, trainingDigits } from './mnist.js';
import { networks } from './networks.js';
import { askPeer } from './peer.js';
import { type RecordingStrategy, recording } from './recording-strategy.js';
import type { Row } from './row.js';
import { ourSchedule } from './schedules.js';
import { batch, steps, type TrainingCase, trainingCases } from './training-cases.js';
import { useWasm } from './wasm.js';

/** The largest |ours - tfmot's| of a final weight. Weights are below 1, so it is the stricter of absolute and relative. */
const tolerance = 1e-4;

interface Answer {
  /** The steps at which tfmot computed masks. */
  readonly steps: readonly number[];
  readonly loss: number;
}

/** One side's run: the masks of every update, weight by weight, and the weights at the end. */
interface Outcome {
  readonly masks: readonly (readonly ArrayLike<number>[])[];
  readonly weights: Float32Array;
}

const optimizers: Readonly<Record<TrainingCase['optimizer'], (rate: number) => Optimizer>> = {
  sgd: (rate) => train.sgd(rate),
  momentum: (rate) => train.momentum(rate, 0.9),
  adam: (rate) => train.adam(rate, 0.9, 0.999, 1e-7),
};

const nameOf = ({ network, optimizer, schedule }: TrainingCase): string =>
  `${network}, ${optimizer}, ${schedule.kind}`;

async function weightsOf(model: Sequential): Promise<Float32Array> {
  const tensors = model.layers.flatMap((layer) => unwrap(layer).getWeights());
  const parts = await Promise.all(tensors.map((weight) => weight.data<'float32'>()));
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

async function trainOurs(
  example: TrainingCase,
  dense: Sequential,
  digits: Digits,
): Promise<Outcome & { strategy: RecordingStrategy }> {
  const strategy = recording(magnitude({ ties: 'keep' }));
  const model = pruneLowMagnitude(dense, { schedule: ourSchedule(example.schedule), strategy, firstStep: 1 });
  const optimizer = optimizers[example.optimizer](example.rate);
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
  const [, ...shape] = model.inputs[0]?.shape ?? [];
  const x = tensor(digits.pixels, [digits.count, ...(shape as number[])]);
  const y = tensor(digits.labels, [digits.count, 1]);
  await model.fit(x, y, { batchSize: batch, shuffle: false, verbose: 0, callbacks: updatePruningStep() });
  x.dispose();
  y.dispose();
  const names = wrappersOf(model).flatMap(({ wrapper }) => wrapper.pruned.map(({ name }) => name));
  const weights = await weightsOf(model);
  model.dispose();
  optimizer.dispose();
  return {
    masks: names.map((name) => strategy.recorded(name).map((mask: Mask) => unpackMask(mask))),
    weights,
    strategy,
  };
}

/** Cuts tfmot's answer into runs: all final weights, then all masks. */
function theirOutcomes(bytes: ArrayBuffer, answers: readonly Answer[], ours: readonly Outcome[]): Outcome[] {
  const floats = ours.reduce((sum, { weights }) => sum + weights.length, 0);
  const weights = new Float32Array(bytes, 0, floats);
  const masks = new Uint8Array(bytes, floats * 4);
  let [weightAt, maskAt] = [0, 0];
  return answers.map((answer, i) => {
    const own = ours[i] as Outcome;
    const sizes = own.masks.map(([first]) => first?.length ?? 0);
    const updates = answer.steps.map(() =>
      sizes.map((size) => {
        maskAt += size;
        return masks.subarray(maskAt - size, maskAt);
      }),
    );
    weightAt += own.weights.length;
    return {
      masks: sizes.map((_, weight) => updates.map((update) => update[weight] as Uint8Array)),
      weights: weights.subarray(weightAt - own.weights.length, weightAt),
    };
  });
}

function rowsOf(
  example: TrainingCase,
  ours: Outcome & { strategy: RecordingStrategy },
  theirs: Outcome,
  answer: Answer,
): Row[] {
  const name = nameOf(example);
  const updates = answer.steps.length;
  const sameUpdates = ours.masks.every((masks) => masks.length === updates) && updates > 0;
  const apart = ours.masks.map((masks, weight) =>
    masks.reduce((sum, mask, update) => sum + countDifferent(mask, theirs.masks[weight]?.[update] ?? []), 0),
  );
  const different = apart.reduce((sum, count) => sum + count, 0);
  const difference = largestDifference(ours.weights, theirs.weights);
  return [
    {
      suite: 'training',
      name: `masks: ${name}`,
      passed: sameUpdates && different === 0,
      detail: `updates at steps ${answer.steps.join(', ')}: ${different} mask bits differ; the closest weights at a threshold are ${ours.strategy.smallestGap().toExponential(1)} apart`,
    },
    {
      suite: 'training',
      name: `weights: ${name}`,
      passed: difference <= tolerance,
      detail: `${ours.weights.length} weights after ${steps} steps differ by at most ${difference.toExponential(1)} (allowed: ${tolerance}); tfmot's last loss ${answer.loss.toFixed(3)}`,
    },
  ];
}

/** The same weights, batches, schedules and optimizers on both sides, for 200 steps. */
export async function trainingSuite(python: string): Promise<Row[]> {
  await useWasm();
  const digits = await trainingDigits(steps * batch);
  const models = trainingCases.map(({ network, seed }) => networks[network](seed));
  const initial = await Promise.all(models.map(weightsOf));
  const cases = trainingCases.map((example, i) => ({
    ...example,
    name: nameOf(example),
    model: JSON.stringify(models[i]?.toJSON(null, false)),
    batch,
  }));
  const request = { examples: digits.count, cases };
  const { json, bytes } = await askPeer<Answer[]>(python, 'training.py', request, [
    digits.pixels,
    digits.labels,
    ...initial,
  ]);
  const ours: (Outcome & { strategy: RecordingStrategy })[] = [];
  for (const [i, example] of trainingCases.entries()) {
    process.stderr.write(`ours trains ${nameOf(example)}\n`);
    ours.push(await trainOurs(example, models[i] as Sequential, digits));
  }
  const theirs = theirOutcomes(bytes, json, ours);
  return trainingCases.flatMap((example, i) =>
    rowsOf(example, ours[i] as (typeof ours)[number], theirs[i] as Outcome, json[i] as Answer),
  );
}
