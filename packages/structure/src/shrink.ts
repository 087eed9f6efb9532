import { stripPruning } from '@secateur/layers';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Absorption, absorbConstants } from './absorb.js';
import { absorbedCopy } from './absorbed-copy.js';
import { disposeModel } from './dispose-model.js';
import { inputPaths } from './layer-paths.js';
import { maskedCopy, shrunkCopy } from './model-copies.js';
import {
  type GivenPlan,
  noRemoval,
  planOf,
  removalOf,
  type StructurePlan,
  sizeWithout,
  someStay,
} from './plan.js';
import { givenProbe, probeInputs } from './probe.js';
import { keptIndices, type Removal, type Structure, structureOf } from './structure.js';
import { StructureError } from './structure-error.js';
import { verifyShrunk } from './verify.js';

/** The number of examples in a probe: not 1, so that a batch size that got into a shape shows. */
const probeBatch = 3;

/** Options of {@link shrink}. */
export interface ShrinkOptions {
  /** What to remove. Default: what is of no use by the weights. Where it names an input layer, input features go too. */
  readonly plan?: GivenPlan;
  /** Without a plan: whether features of the model's inputs that nothing reads go too. Default false. */
  readonly inputs?: boolean;
  /** The largest relative error of the outputs on the probe that passes, above 0. Default 1e-4. */
  readonly tolerance?: number;
  /** Inputs to compare on, one tensor for each input. Default: three random examples. */
  readonly probe?: Tensor | readonly Tensor[];
  /**
   * Without a plan: whether channels go too whose constant meets zero padding, so that their absence shows at the edges.
   * Then `tolerance` holds nothing up; the error is in the report. Default false: one of them stays for all, and the report
   * names it.
   */
  readonly approximate?: boolean;
}

/** The features of an input that the shrunk model still takes. */
export interface SelectedInput {
  /** The path of the input layer. */
  readonly layer: string;
  /** How many features the original input has. */
  readonly features: number;
  /** The indices along the last axis of the original input that are taken, ascending. */
  readonly indices: readonly number[];
}

/** A channel that nothing goes into, and that stays since its constant is needed. */
export interface KeptConstant {
  /** The path of the layer that makes it. */
  readonly layer: string;
  /** The index of the unit. */
  readonly unit: number;
  /** The path of the layer that reads it. */
  readonly reader: string;
  /** Why no bias can take it over. */
  readonly reason: string;
}

/** How a model was shrunk. */
export interface ShrinkReport {
  /** The largest relative error of an output on the probe, against the masked model. */
  readonly maxRelError: number;
  /** The paths of the layers whose biases took over constants. */
  readonly absorbed: readonly string[];
  /** The channels that stay for their constants. */
  readonly kept: readonly KeptConstant[];
  /** The inputs that lost features. */
  readonly inputs: readonly SelectedInput[];
}

/** A smaller model, and what was done. */
export interface Shrunk<T extends LayersModel = LayersModel> {
  /** The smaller model: the same layers under the same names, not compiled. */
  readonly model: T;
  /** What was removed. */
  readonly plan: StructurePlan;
  /** How it went. */
  readonly report: ShrinkReport;
}

/**
 * A copy of a model without some of its neurons and filters: an ordinary model of the same layers with fewer units, which
 * runs faster on every backend and opens with the stock `loadLayersModel`.
 *
 * With a plan, the model answers as the given one does with the planned channels at zero wherever a layer reads them.
 * Without one, what is of no use by the weights goes (channels that nothing reads, or whose kernels are all zero, as after
 * pruning whole neurons by `pruneLowMagnitude`), and the answers stay as they are: a constant that such a channel still
 * sends is taken over by the bias of the next layer, or where no bias can, one channel stays for all such. Before it returns, the copy is held against the original on a probe.
 * The given model stays as it is.
 *
 * @throws StructureError when the plan doesn't fit, removes what can't go, or the answers differ.
 * @throws PruningError when a stored mask is damaged.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { shrink } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], name: 'hidden' }), layers.dense({ units: 2, name: 'logits' })],
 * });
 * const { model: small, plan } = await shrink(model, {
 *   plan: { layers: [{ layer: 'hidden', units: 8, remove: [0, 3, 6] }] },
 * });
 * console.log(small.countParams(), plan.before.parameters); // 37 58
 * ```
 */
export async function shrink<T extends LayersModel>(
  model: T,
  options: ShrinkOptions = {},
): Promise<Shrunk<T>> {
  const { tolerance = 1e-4, plan, approximate = false } = options;
  if (!(tolerance > 0)) {
    throw new StructureError(`tolerance must be a number above 0, but is ${String(tolerance)}`, {
      option: 'tolerance',
      value: tolerance,
    });
  }
  const plain = await stripPruning(model);
  let probe: Tensor[] = [];
  try {
    const inputs = plan === undefined ? options.inputs === true : namesInput(plan, plain);
    const structure = structureOf(plain, { inputs });
    const removed = plan === undefined ? undefined : removalOf(structure, plan);
    probe =
      options.probe === undefined
        ? probeInputs(plain, structure, { seed: 1, batch: probeBatch })
        : givenProbe(plain, options.probe);
    return removed === undefined
      ? await shrinkDead(plain, structure, { probe, tolerance, approximate, inputs })
      : await shrinkPlanned(plain, structure, removed, { probe, tolerance });
  } finally {
    disposeModel(plain);
    dispose(probe);
  }
}

/** What a shrunk model is held against, and how close it has to be. */
interface Check {
  readonly probe: readonly Tensor[];
  readonly tolerance: number;
}

/** Whether a plan, which is not checked yet, removes features of an input. */
function namesInput(plan: GivenPlan | null, model: LayersModel): boolean {
  const paths = inputPaths(model);
  const entries: unknown = plan?.layers;
  return Array.isArray(entries) && entries.some((entry) => paths.includes(entry?.layer));
}

async function shrinkPlanned<T extends LayersModel>(
  model: T,
  structure: Structure,
  removed: Removal,
  check: Check,
): Promise<Shrunk<T>> {
  const reference = maskedCopy(model, structure, removed);
  try {
    const { shrunk, maxRelError } = await verified(model, structure, removed, reference, check);
    const report = { maxRelError, absorbed: [], kept: [], inputs: selectedInputs(model, structure, removed) };
    return { model: shrunk, plan: planOf(structure, removed), report };
  } finally {
    disposeModel(reference);
  }
}

async function shrinkDead<T extends LayersModel>(
  model: T,
  structure: Structure,
  {
    probe,
    tolerance,
    approximate,
    inputs,
  }: Check & { readonly approximate: boolean; readonly inputs: boolean },
): Promise<Shrunk<T>> {
  const absorption = await absorbConstants(model, structure, probe, approximate);
  const removed = someStay(structure, absorption.removed);
  const absorbed = absorbedCopy(model, structure, absorption);
  const after = structureOf(absorbed, { inputs });
  try {
    const check = { probe, tolerance: approximate ? Number.POSITIVE_INFINITY : tolerance };
    const { shrunk, maxRelError } = await verified(absorbed, after, removed, model, check);
    const plan = { ...planOf(after, removed), before: sizeWithout(structure, noRemoval(structure)) };
    return {
      model: shrunk,
      plan,
      report: {
        maxRelError,
        absorbed: absorption.shifts.map(({ call }) => call.path),
        kept: keptConstants(structure, absorption),
        inputs: selectedInputs(absorbed, after, removed),
      },
    };
  } finally {
    disposeModel(absorbed);
  }
}

/** The shrunk model, once it answers as the reference does and has the size that was planned. */
async function verified<T extends LayersModel>(
  model: T,
  structure: Structure,
  removed: Removal,
  reference: LayersModel,
  { probe, tolerance }: Check,
): Promise<{ shrunk: T; maxRelError: number }> {
  const shrunk = shrunkCopy(model, structure, removed);
  try {
    const planned = sizeWithout(structure, removed).parameters;
    if (shrunk.countParams() !== planned) {
      throw new StructureError(
        `The shrunk model has ${shrunk.countParams()} parameters, but ${planned} were planned`,
      );
    }
    const maxRelError = await verifyShrunk({
      model,
      structure,
      removed,
      reference,
      shrunk,
      probe,
      tolerance,
    });
    return { shrunk, maxRelError };
  } catch (error) {
    disposeModel(shrunk);
    throw error;
  }
}

function keptConstants({ groups }: Structure, { stuck }: Absorption): KeptConstant[] {
  return stuck.flatMap(({ channel, layer: reader, reason }) => {
    const group = groups.find(({ numbers }) => numbers.includes(channel));
    const index = group?.numbers.indexOf(channel);
    const producer = group?.producers.find(({ units }) => units.includes(index as number));
    if (producer === undefined) return [];
    return [{ layer: producer.layer, unit: producer.units.indexOf(index as number), reader, reason }];
  });
}

function selectedInputs(model: LayersModel, structure: Structure, removed: Removal): SelectedInput[] {
  const paths = inputPaths(model);
  return model.inputs.flatMap(({ sourceLayer }, index) => {
    const channels = structure.trace.layers.get(sourceLayer)?.channels.units;
    if (channels === undefined) return [];
    const indices = [...keptIndices(channels, structure, removed)];
    const features = channels.length;
    return indices.length === features ? [] : [{ layer: paths[index] as string, features, indices }];
  });
}
