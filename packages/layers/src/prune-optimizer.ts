import { type Mask, maskFromWords, onesMask, type WeightKind } from '@secateur/masks';
import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import { Callback, type LayersModel } from '@tensorflow/tfjs-layers';
import { Choices, nothingToPrune, type PruneOptions } from './choices.js';
import { PruningError } from './errors.js';
import { type MaskedVariable, MaskedWeight } from './masked-weight.js';
import { prunableWeights, weightsNamed } from './prunable.js';
import { type PrunedLayer, PruningRun } from './pruning-run.js';
import { type PruningSettings, settle } from './settings.js';
import { type Container, isContainer } from './tfjs.js';

/** A variable to prune, in a model that is not made of layers. */
export interface PrunedVariable {
  readonly variable: Variable;
  /** The layout of the variable. Default: `other`, which unstructured strategies take. */
  readonly kind?: WeightKind;
  /** The bias of the same output units: strategies that prune whole units mask it too. */
  readonly bias?: Variable;
}

/** Where pruning by an optimizer stands: plain data, to be stored beside the weights. */
export interface OptimizerPruningState {
  /** How often the schedules were asked, by layer. */
  readonly evaluations: Readonly<Record<string, number>>;
  /** The masks' words, by weight. */
  readonly masks: Readonly<Record<string, Uint32Array>>;
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

/** Pruning that an optimizer does. Made by {@link pruneOptimizer}. */
export class OptimizerPruning {
  readonly #optimizer: Optimizer;
  readonly #layers: readonly PrunedLayer[];
  readonly #run: PruningRun;
  #updateIsDue = false;

  constructor(optimizer: Optimizer, layers: readonly PrunedLayer[]) {
    this.#optimizer = optimizer;
    this.#layers = layers;
    this.#run = new PruningRun(layers);
    const applyGradients = optimizer.applyGradients;
    optimizer.applyGradients = (gradients) => {
      if (this.#updateIsDue) {
        throw new PruningError(
          'A mask update is due: await update() of the pruning after each optimizer update',
        );
      }
      applyGradients.call(optimizer, gradients);
      this.#updateIsDue = this.#run.updateIsNext;
      if (!this.#updateIsDue) this.#run.stepWithoutUpdate();
    };
  }

  /** Asks the schedules for the first step, before the first batch. */
  begin(): Promise<void> {
    return this.#run.begin();
  }

  /** To be awaited after each optimizer update: computes new masks where they are due, and is free where not. */
  async update(): Promise<void> {
    if (!this.#updateIsDue) return;
    await this.#run.step();
    this.#updateIsDue = false;
  }

  /** A callback for `fit` that calls {@link update} after each batch. */
  callback(): Callback {
    return new UpdateAfterBatch(this);
  }

  /** The pruned fraction of each layer's (or variable's) prunable weights. */
  sparsity(): Record<string, number> {
    return this.#run.sparsity();
  }

  /** The masks and steps, to be stored beside the weights. */
  state(): OptimizerPruningState {
    return {
      evaluations: Object.fromEntries(this.#layers.map(({ name, evaluations }) => [name, evaluations])),
      masks: Object.fromEntries(
        this.#layers.flatMap(({ weights }) => weights.map(({ name, mask }) => [name, mask.words.slice()])),
      ),
    };
  }

  /** Gives the optimizer back its own `applyGradients` and frees the masks. */
  stop(): void {
    Reflect.deleteProperty(this.#optimizer, 'applyGradients');
    this.#run.stop();
  }
}

class UpdateAfterBatch extends Callback {
  readonly #pruning: OptimizerPruning;

  constructor(pruning: OptimizerPruning) {
    super();
    this.#pruning = pruning;
  }

  override setModel(): void {}

  override onBatchEnd(): Promise<void> {
    return this.#pruning.update();
  }
}

/**
 * Prunes without wrapping: a hook in the optimizer keeps pruned weights at zero after each of its updates, whatever
 * calls it: `minimize`, `applyGradients`, or `fit` of a model compiled with it. Masks are held in memory; `state()`
 * gives them to be stored.
 *
 * @param target A built model, or variables of your own by name.
 * @throws PruningError when an option is wrong, there is nothing to prune, or `state` doesn't fit the target.
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
      const settings = choices.settingsFor(layer, path);
      if (settings === undefined) return [];
      const found =
        settings.weights === undefined ? prunableWeights(layer) : weightsNamed(layer, settings.weights);
      const weights = found.map((weight) => ({
        ...weight,
        bias: weight.bias,
        name: prefix + weight.variable.originalName,
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

function evaluationsIn(state: OptimizerPruningState | undefined, layer: string): number {
  if (state === undefined) return 0;
  const evaluations = state.evaluations[layer];
  if (evaluations === undefined || !Number.isInteger(evaluations) || evaluations < 0) {
    throw new PruningError(`state: it has no step of "${layer}"`, 'state', evaluations);
  }
  return evaluations;
}

function maskIn(state: OptimizerPruningState | undefined, name: string, size: number): Mask {
  if (state === undefined) return onesMask(size);
  const words = state.masks[name];
  if (words === undefined) throw new PruningError(`state: it has no mask of "${name}"`, 'state', words);
  try {
    return maskFromWords(size, words);
  } catch (cause) {
    throw new PruningError(`state: the mask of "${name}" doesn't fit: ${String(cause)}`, 'state', words);
  }
}
