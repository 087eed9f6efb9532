import { isContainer, type Layer, variablesOf } from '@secateur/layers';
import { type Mask, type MaskStrategy, onesMask, packMask, type WeightView } from '@secateur/masks';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { bisection } from './bisection.js';
import { type Combine, combinedScores } from './channel-scores.js';
import { channelSums, indexSums } from './criteria/channel-sums.js';
import type { MemberScore, MemberView, ScoredMember } from './criteria/criterion.js';
import { scoredGroups } from './criteria/scored-groups.js';
import { noRemoval } from './plan.js';
import { checkRanking, type RankingOptions, removalOrder } from './removal-order.js';
import { type VariableAxes, variableAxes } from './sliced-weights.js';
import { type Removal, type Structure, structureOf } from './structure.js';
import { costOf } from './target.js';

/** Options of {@link channelMasks}. */
export interface ChannelMaskOptions extends RankingOptions {
  /** Scores a weight along an axis. Default: the sum of magnitudes, of the kernels that make the channels. */
  readonly score?: MemberScore;
  /** How the scores of the layers that share a channel make one. Default `mean`. */
  readonly combine?: Combine;
}

/**
 * A mask strategy for `pruneLowMagnitude` that prunes whole channels together with everything that is bound to them: the
 * kernels that make a channel and those that read it are masked at once, so the model trains as if it were gone, and
 * `shrink` then removes it without a change. The sparsity of the schedule is the fraction of the removable channels.
 *
 * Wrap all layers with weights: a channel that is read by a layer without masks sends its bias on until `shrink` takes that
 * over. The strategy belongs to one model, so it has no config: a wrapped model can be trained and stripped, not saved.
 *
 * @param model The model that is going to be wrapped.
 * @throws StructureError when an option is wrong.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { randomNormal } from '@tensorflow/tfjs-core';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 * import { pruneLowMagnitude, updatePruningStep } from '@secateur/layers';
 * import { constantSparsity } from '@secateur/schedules';
 * import { channelMasks, shrink } from '@secateur/structure';
 *
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, inputShape: [4], activation: 'relu' }), layers.dense({ units: 2 })],
 * });
 * const schedule = constantSparsity({ targetSparsity: 0.5, beginStep: 0 });
 * const wrapped = pruneLowMagnitude(model, { schedule, strategy: channelMasks(model) });
 * wrapped.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const callbacks = [updatePruningStep()];
 * await wrapped.fit(randomNormal([8, 4]), randomNormal([8, 2]), { callbacks, verbose: 0 });
 * const { model: small } = await shrink(wrapped);
 * console.log(small.countParams()); // 30
 * ```
 */
export function channelMasks(model: LayersModel, options: ChannelMaskOptions = {}): MaskStrategy {
  checkRanking(options);
  const structure = structureOf(model);
  const axes = variableAxes(structure);
  const variables = variablesByName(model.layers, '');
  return {
    scope: 'model',
    prunesUnits: false,
    masks: (weights, sparsity) => {
      const views = new Map(
        weights.flatMap((view) => {
          const variable = variables.get(view.name);
          return variable === undefined ? [] : [[variable, view] as const];
        }),
      );
      const removed = removalAt(structure, views, sparsity, options);
      return weights.map((view) => maskOf(view, variables.get(view.name), axes, structure, removed));
    },
  };
}

/**
 * The variables of a model by the names under which wrappers know them. tfjs trains a Sequential whose first layer is a model
 * as if the layers of that model were its own, so these go by either name.
 */
function variablesByName(layers: readonly Layer[], prefix: string): Map<string, LayerVariable> {
  const names = new Map<string, LayerVariable>();
  for (const [index, layer] of layers.entries()) {
    const path = `${prefix}${layer.name}/`;
    if (isContainer(layer)) {
      for (const inside of index === 0 ? [path, prefix] : [path]) {
        for (const [name, variable] of variablesByName(layer.layers, inside)) names.set(name, variable);
      }
      continue;
    }
    for (const variable of variablesOf(layer)) {
      const { originalName } = variable;
      const own = `${layer.name}/`;
      names.set(
        path + (originalName.startsWith(own) ? originalName.slice(own.length) : originalName),
        variable,
      );
    }
  }
  return names;
}

/** The channels that go at a sparsity, among those that a given weight makes. */
function removalAt(
  structure: Structure,
  views: ReadonlyMap<LayerVariable, WeightView>,
  sparsity: number,
  options: ChannelMaskOptions,
): Removal {
  const { score = l1OfMaking, combine = 'mean' } = options;
  const scores = new Map(
    scoredGroups(structure).flatMap(({ group, members }) => {
      const parts = members.flatMap((member) => {
        const view = views.get(member.variable);
        const values = view && score(memberView(member, view));
        return values ? [channelSums(values, member, group.channels)] : [];
      });
      return parts.length === 0 ? [] : [[group, combinedScores(parts, group.channels, combine)] as const];
    }),
  );
  // A group of which no weight is masked stays whole.
  const groups = structure.groups.map((group) => (scores.has(group) ? group : { ...group, prunable: [] }));
  const masked = { ...structure, groups };
  const all = structure.groups.map((group) => scores.get(group) ?? new Float64Array(group.channels));
  const order = removalOrder(masked, all, options);
  const kept = (1 - sparsity) * costOf(masked, noRemoval(masked), 'channels');
  const search = bisection(order.steps);
  let step = search.next();
  while (step.done !== true)
    step = search.next(costOf(masked, order.at(step.value), 'channels') <= kept + 1e-9);
  return order.at(step.value);
}

function l1OfMaking({ role, shape, values, axis }: MemberView): Float64Array | null {
  return role === 'out' && shape.length > 1 ? indexSums(values, shape, axis, Math.abs) : null;
}

function memberView({ layer, weight, axis, role, channels }: ScoredMember, view: WeightView): MemberView {
  const { shape, values } = view;
  return { layer: layer.path, weight, axis, role, shape, values, channels: [...channels] };
}

/** Zero wherever an axis of the weight has a removed channel. */
function maskOf(
  { shape, values }: WeightView,
  variable: LayerVariable | undefined,
  axes: VariableAxes,
  { channelOf }: Structure,
  removed: Removal,
): Mask {
  const own = variable && axes.get(variable);
  if (own === undefined) return onesMask(values.length);
  const kept = new Uint8Array(values.length).fill(1);
  let stride = values.length;
  own.forEach((axis, index) => {
    const size = shape[index] as number;
    stride /= size;
    if (axis === null) return;
    const goes = Array.from(axis.channels, (id) => removed[channelOf(id)] === 1);
    for (let i = 0; i < kept.length; i++) if (goes[Math.floor(i / stride) % size]) kept[i] = 0;
  });
  return packMask(kept);
}
