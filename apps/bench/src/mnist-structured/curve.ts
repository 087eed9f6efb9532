import { join } from 'node:path';
import { nodeFile } from '@secateur/export/node';
import { channelGroups, planStructure, shrink } from '@secateur/structure';
import type { Examples } from '@secateur-app/mnist/dataset';
import { accuracyOf } from '@secateur-app/mnist/evaluate';
import { release } from '@secateur-app/mnist/training';
import { type LayersModel, loadLayersModel, regularizers } from '@tensorflow/tfjs-layers';
import { networks } from '../networks.js';
import type { Sets } from './examples.js';
import { unwrap, wrap } from './inputs.js';
import { type Curve, type Recipe, weightDecay } from './recipe.js';
import { runStage } from './stage.js';
import { widthsOf } from './widths.js';

/** A network of one seed. */
export interface Point {
  readonly widths: string;
  readonly macs: number;
  readonly errorPercent: number;
}

/** What is common to the trainings of one seed. */
export interface Place {
  readonly folder: string;
  readonly seed: number;
  readonly sets: Sets;
}

/** Trains the dense network. */
export async function trainDense({ network, dense }: Recipe, { folder, seed, sets }: Place): Promise<Point> {
  const model = await runStage(
    {
      title: `${network}, dense`,
      folder,
      seed,
      phase: dense,
      begin: async () =>
        // The gradient of l2 w^2 is 2 l2 w.
        networks[network].build({ seed, kernelRegularizer: regularizers.l2({ l2: weightDecay / 2 }) }),
    },
    sets.train,
  );
  return measured(model, sets.test);
}

/** Prunes the dense network a little, trains on, and so forth: each point begins from the one before. */
export async function drawCurve(
  { pruned }: Recipe,
  name: string,
  curve: Curve,
  dense: { readonly folder: string; readonly macs: number },
  { folder, seed, sets }: Place,
): Promise<Point[]> {
  const points: Point[] = [];
  let before = dense.folder;
  for (const fraction of curve.kept) {
    const from = before;
    const stage = {
      title: `${name}, ${fraction} of the multiply-adds`,
      folder: join(folder, `kept-${fraction}`),
      seed,
      phase: pruned,
      begin: () => prune(from, fraction * dense.macs, curve),
    };
    points.push(await measured(await runStage(stage, sets.train), sets.test));
    before = stage.folder;
  }
  return points;
}

/** The model of a folder with the channels of the smallest kernels gone, and so many multiply-adds at most. */
async function prune(folder: string, macs: number, { inputs, scope = 'layer' }: Curve): Promise<LayersModel> {
  const model = await loadLayersModel(nodeFile(folder));
  const unwrapped = unwrap(model);
  const { inner } = unwrapped;
  const target = { macs: macs / channelGroups(inner).macs };
  const plan = await planStructure(inner, { target, inputs, scope });
  const shrunk = await shrink(inner, { plan });
  release(model);
  return wrap(shrunk.model, shrunk.report.inputs, unwrapped);
}

/** Evaluates a model, and frees it. */
async function measured(model: LayersModel, test: Examples): Promise<Point> {
  const { inner } = unwrap(model);
  const errorPercent = 100 * (1 - (await accuracyOf(model, test)));
  const point = { widths: widthsOf(inner), macs: channelGroups(inner).macs, errorPercent };
  release(model);
  return point;
}
