import type { WeightKind } from '@secateur/masks';
import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Choices, type PruneOptions } from './choices.js';
import { nothingToPrune, PruningError } from './errors.js';
import { type MaskedVariable, MaskedWeight } from './masked-weight.js';
import { OptimizerPruning } from './optimizer-pruning.js';
import { checkState, evaluationsIn, maskIn, type OptimizerPruningState } from './optimizer-state.js';
import { prunableWeights, weightsNamed } from './prunable.js';
import type { PrunedLayer } from './pruning-run.js';
import { type PruningSettings, settle } from './settings.js';
import { type Container, isContainer } from './tfjs.js';
import { PruneLowMagnitude } from './wrapper.js';

/** A variable to prune, in a model that is not made of layers. */
export interface PrunedVariable {
  /** The variable itself. */
  readonly variable: Variable;
  /** The layout of the variable. Default: `other`, which unstructured strategies take. */
  readonly kind?: WeightKind;
  /** The bias of the same output units: strategies that prune whole units mask it too. */
  readonly bias?: Variable;
}

export interface PruneOptimizerOptions extends PruneOptions {
  /** A state of an earlier run, to go on from. */
  readonly state?: OptimizerPruningState;
}

interface Target {
  readonly layer: string;
  readonly settings: PruningSettings;
  readonly weights: readonly {
    readonly name: string;
    readonly variable: MaskedVariable;
    readonly kind: WeightKind;
    readonly bias: MaskedVariable | undefined;
  }[];
}

/**
 * Prunes without wrapping: a hook in the optimizer keeps pruned weights at zero after each of its updates, whatever
 * calls it: `minimize`, `applyGradients`, or `fit` of a model compiled with it. Masks are held in memory; `state()`
 * gives them to be stored.
 *
 * Masks that are due before the first batch are made at once. The pruning has to be stopped before the target is
 * disposed.
 *
 * @param target A built model, or variables of your own by name. Of a model `layers` chooses, as in
 * {@link pruneLowMagnitude}; variables that are to be left alone are left out.
 * @throws PruningError when an option is wrong, there is nothing to prune, the model is wrapped already, or `state`
 * doesn't fit the target.
 * @throws MaskError when masks are due and a weight is NaN, infinite or of a kind that the strategy can't prune.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { pruneOptimizer } from '@secateur/layers';
 * import { constantSparsity } from '@secateur/schedules';
 *
 * const kernel = tf.variable(tf.randomNormal([8, 4]));
 * const optimizer = tf.train.momentum(0.01, 0.9);
 * const pruning = await pruneOptimizer(optimizer, { kernel: { variable: kernel, kind: 'dense' } }, {
 *   schedule: constantSparsity({ targetSparsity: 0.5, beginStep: 0 }),
 * });
 * const x = tf.randomNormal([16, 8]);
 * for (let batch = 0; batch < 3; batch += 1) {
 *   optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, kernel))));
 *   await pruning.update();
 * }
 * console.log(pruning.sparsity()); // { kernel: 0.5 }
 * ```
 */
export async function pruneOptimizer(
  optimizer: Optimizer,
  target: LayersModel | Readonly<Record<string, PrunedVariable>>,
  options: PruneOptimizerOptions,
): Promise<OptimizerPruning> {
  const { state, ...choices } = options;
  if (state !== undefined) checkState(state);
  const targets = isModel(target) ? modelTargets(target, choices) : variableTargets(target, choices);
  if (targets.length === 0) throw nothingToPrune('the target');
  const pruning = new OptimizerPruning(
    optimizer,
    targets.map((each) => prunedLayer(each, state)),
  );
  await pruning.begin();
  return pruning;
}

function isModel(target: LayersModel | Readonly<Record<string, PrunedVariable>>): target is LayersModel {
  return Array.isArray(target.layers);
}

function modelTargets(model: Container, options: PruneOptions): Target[] {
  const choices = new Choices(options);
  const visit = (container: Container, prefix: string): Target[] =>
    container.layers.flatMap((layer) => {
      const path = prefix + layer.name;
      if (isContainer(layer)) return visit(layer, `${path}/`);
      if (layer instanceof PruneLowMagnitude) {
        throw new PruningError(
          `Layer "${path}" is wrapped for pruning: use startPruning or updatePruningStep, or strip the model first`,
          'target',
        );
      }
      const settings = choices.settingsFor(layer, path);
      if (settings === undefined) return [];
      const found =
        settings.weights === undefined ? prunableWeights(layer) : weightsNamed(layer, settings.weights);
      const weights = found.map(({ variable, kind, bias }) => ({
        name: prefix + variable.originalName,
        variable,
        kind,
        bias,
      }));
      return [{ layer: path, settings, weights }];
    });
  const targets = visit(model, '');
  choices.assertAllUsed();
  return targets;
}

function variableTargets(
  variables: Readonly<Record<string, PrunedVariable>>,
  options: PruneOptions,
): Target[] {
  if (options.layers !== undefined) {
    throw new PruningError('layers: chooses among the layers of a model; leave variables out', 'layers');
  }
  return Object.entries(variables).map(([name, { variable, kind = 'other', bias }]) => ({
    layer: name,
    settings: settle(options, name),
    weights: [{ name, kind, variable: masked(variable), bias: bias && masked(bias) }],
  }));
}

function masked(variable: Variable): MaskedVariable {
  return { shape: variable.shape, read: () => variable, write: (value) => variable.assign(value) };
}

function prunedLayer(
  { layer, settings, weights }: Target,
  state: OptimizerPruningState | undefined,
): PrunedLayer {
  const { schedule, strategy, regrowth, firstStep } = settings;
  return {
    name: layer,
    schedule,
    strategy,
    firstStep,
    evaluations: evaluationsIn(state, layer),
    weights: weights.map((weight) => {
      const mask = maskIn(state, weight.name, weight.variable.read().size);
      return new MaskedWeight({ ...weight, strategy, regrowth, mask });
    }),
    onEvaluated: () => {},
    onStop: () => {},
  };
}
