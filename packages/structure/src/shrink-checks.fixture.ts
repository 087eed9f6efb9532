import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import type { ChannelGroup } from './channel-group.js';
import { channelGroups } from './channel-groups.js';
import { compare, type Predict, predictor, same } from './compared-models.fixture.js';
import { countedMacs } from './counted-macs.fixture.js';
import { explain } from './explain.js';
import { inputPaths, layersOf } from './layer-paths.fixture.js';
import { checkSettings, namesOf } from './layer-settings.fixture.js';
import { MaskedReference } from './masked-reference.fixture.js';
import { isReloadable } from './model-config.fixture.js';
import { type Chosen, type Cut, chosen } from './random-cut.fixture.js';
import { type BuiltModel, build, type Recipe } from './random-model.fixture.js';
import { type ShrinkOptions, type Shrunk, shrink } from './shrink.js';

/** The largest relative error that passes. */
const tolerance = 1e-5;

/** Checks what removing channels of a random model by a plan gives. Throws where it is wrong; gives the number of
 * layers that were pruned. */
export async function checkPlanned(recipe: Recipe, cut: Cut): Promise<number> {
  const built = buildReloadable(recipe);
  try {
    const choice = chosen(channelGroups(built.model, { inputs: cut.inputs }).groups, cut);
    const shrunk = await untouched(built, { plan: { layers: planned(choice) } });
    checkPlan(shrunk, choice);
    checkSizes(built, shrunk);
    checkSettings(built.model, shrunk.model);
    const units = new Map(shrunk.plan.layers.map(({ layer, remove }) => [layer, new Set(remove)]));
    const reference = new MaskedReference(build(recipe).model, units);
    await checkAnswers(built, (inputs) => reference.predict(inputs), shrunk);
    await checkReloaded(built, shrunk);
    return shrunk.plan.layers.length;
  } finally {
    built.dispose();
  }
}

/** Checks that a random model with zeros in it is shrunk without a change to its answers. Throws where it is not;
 * gives the number of layers that were pruned. */
export async function checkZeros(recipe: Recipe, cut: Cut): Promise<number> {
  const built = buildReloadable(recipe);
  try {
    const every = ({ channels }: ChannelGroup) => [...Array(channels).keys()];
    const choice = chosen(channelGroups(built.model).groups, cut, every);
    zeroKernels(built.model, choice);
    const shrunk = await untouched(built, { inputs: cut.inputs });
    checkSizes(built, shrunk);
    if (shrunk.model.countParams() > built.model.countParams()) throw new Error('The model has grown');
    checkAccounted(shrunk, choice);
    await checkAnswers(built, predictor(built.model), shrunk);
    await checkReloaded(built, shrunk);
    return shrunk.plan.layers.length;
  } finally {
    built.dispose();
  }
}

/** Checks that a random model can be explained. */
export function checkExplained(recipe: Recipe): void {
  const built = build(recipe);
  try {
    for (const inputs of [false, true]) {
      const { parameters, macs } = channelGroups(built.model, { inputs });
      same(parameters, built.model.countParams(), 'parameters');
      if (!built.isOpen) same(macs, countedMacs(built.model), 'multiply-adds');
      const { before } = explain(built.model, { inputs });
      same(before, { parameters, macs }, 'size');
      if (String(explain(built.model, { inputs })) === '') throw new Error('There is no table');
    }
  } finally {
    built.dispose();
  }
}

/** Passes over models that stock tfjs can't load. */
function buildReloadable(recipe: Recipe): BuiltModel {
  const built = build(recipe);
  const passes = isReloadable(built.model);
  if (!passes) built.dispose();
  fc.pre(passes);
  return built;
}

/** A plan that lists each channel once: what is bound to it has to follow. */
function planned(choice: Chosen): { layer: string; units: number; remove: number[] }[] {
  const plan = new Map<string, { layer: string; units: number; remove: number[] }>();
  for (const { group, channels } of choice) {
    for (const channel of channels) {
      const producer = group.producers.find(({ units }) => units.includes(channel));
      if (producer === undefined) throw new Error(`No layer makes channel ${channel} of ${group.name}`);
      const { layer, units } = producer;
      const entry = plan.get(layer) ?? { layer, units: units.length, remove: [] };
      units.forEach((one, unit) => {
        if (one === channel) entry.remove.push(unit);
      });
      plan.set(layer, entry);
    }
  }
  return [...plan.values()];
}

/** The plan that is given back lists every layer, and nothing else goes. */
function checkPlan({ plan }: Shrunk, choice: Chosen): void {
  const expected = choice.flatMap(({ group, channels }) =>
    group.producers.flatMap(({ layer, units }) => {
      const remove = units.flatMap((channel, unit) => (channels.includes(channel) ? [unit] : []));
      return remove.length === 0 ? [] : [{ layer, units: units.length, remove }];
    }),
  );
  const byName = (layers: readonly { layer: string }[]) =>
    [...layers].sort((a, b) => (a.layer < b.layer ? -1 : 1));
  same(byName(plan.layers), byName(expected), 'plan');
}

/** Channels that nothing goes into are removed, or the report says why not, or they are the last of a layer. */
function checkAccounted({ plan, report }: Shrunk, choice: Chosen): void {
  const gone = new Map(plan.layers.map(({ layer, remove }) => [layer, remove]));
  const isKept = (layer: string, unit: number) =>
    report.kept.some((one) => one.layer === layer && one.unit === unit);
  for (const { group, channels } of choice) {
    for (const channel of channels.filter((one) => group.prunable.includes(one))) {
      const isAccounted = group.producers.some(({ layer, units }) => {
        const unit = units.indexOf(channel);
        const removed = gone.get(layer) ?? [];
        const left = new Set(units.filter((_, one) => !removed.includes(one)));
        return unit >= 0 && (removed.includes(unit) || isKept(layer, unit) || left.size === 1);
      });
      if (!isAccounted) throw new Error(`Nothing is said of channel ${channel} of ${group.name}`);
    }
  }
}

function checkSizes({ model, isOpen }: BuiltModel, { plan, model: shrunk }: Shrunk): void {
  same(plan.before.parameters, model.countParams(), 'parameters before');
  same(plan.after.parameters, shrunk.countParams(), 'parameters after');
  const { parameters, macs } = channelGroups(shrunk);
  same(plan.after, { parameters, macs }, 'size of the shrunk model by its groups');
  if (isOpen) return;
  same(plan.before.macs, countedMacs(model), 'multiply-adds before');
  same(plan.after.macs, countedMacs(shrunk), 'multiply-adds after');
}

/** Shrinks a model, and checks that it and the number of tensors, but for those of the result, stay as they are. */
async function untouched({ model, isOpen, data }: BuiltModel, options: ShrinkOptions): Promise<Shrunk> {
  const before = await contents(model);
  // Where sizes are open, only some may do.
  const probe = isOpen ? data(3, 9) : [];
  const { numTensors } = tf.memory();
  const shrunk = await shrink(model, isOpen ? { ...options, probe } : options);
  same(tf.memory().numTensors - numTensors, new Set(shrunk.model.weights).size, 'tensors left over');
  same(await contents(model), before, 'model given');
  tf.dispose(probe);
  return shrunk;
}

async function contents(model: LayersModel): Promise<unknown> {
  const values = await Promise.all(model.weights.map((weight) => weight.read().data()));
  return [model.toJSON(null, false), values.map((value) => [...value])];
}

/** At two sizes of a batch, other than that of the package's own probe. */
async function checkAnswers({ data }: BuiltModel, expect: Predict, shrunk: Shrunk): Promise<void> {
  for (const batch of [2, 5]) {
    await compare(
      data(batch, batch),
      expect,
      (inputs) => predictor(shrunk.model)(selected(inputs, shrunk)),
      tolerance,
    );
  }
}

/** Saves and loads by stock tfjs. */
async function checkReloaded({ data }: BuiltModel, shrunk: Shrunk): Promise<void> {
  const { model } = shrunk;
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const loaded = await loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
  same(namesOf(loaded), namesOf(model), 'layer names when loaded');
  const predict = (one: LayersModel) => (inputs: tf.Tensor[]) => predictor(one)(selected(inputs, shrunk));
  await compare(data(3, 7), predict(model), predict(loaded), 0);
}

/** The features that a shrunk model still takes. */
function selected(inputs: readonly tf.Tensor[], { model, report }: Shrunk): tf.Tensor[] {
  const paths = inputPaths(model);
  return inputs.map((input, index) => {
    const taken = report.inputs.find(({ layer }) => layer === paths[index]);
    return taken === undefined ? input : tf.gather(input, tf.tensor1d([...taken.indices], 'int32'), -1);
  });
}

/** Sets the weights that make the channels to zero; their biases stay. */
function zeroKernels(model: LayersModel, choice: Chosen): void {
  for (const { group, channels } of choice) {
    for (const { layer, weight, axis, role, channels: along } of group.members) {
      if (role !== 'out' || weight === 'bias') continue;
      const at = layersOf(model).filter(({ path }) => path === layer);
      const isIt = ({ originalName }: { originalName: string }) => originalName.split('/').at(-1) === weight;
      for (const variable of new Set(at.flatMap((one) => one.layer.weights.filter(isIt)))) {
        const value = variable.read();
        const kept = Float32Array.from(along, (channel) => (channels.includes(channel) ? 0 : 1));
        const shape = value.shape.map((_, index) => (index === axis ? -1 : 1));
        const zeroed = tf.tidy(() => tf.mul(value, tf.reshape(tf.tensor(kept), shape)));
        variable.write(zeroed);
        zeroed.dispose();
      }
    }
  }
}
