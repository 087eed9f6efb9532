import { type Mask, onesMask } from '@secateur/masks';
import { serialization, type Tensor } from '@tensorflow/tfjs-core';
import {
  initializers,
  type LayerVariable,
  layers,
  type Shape,
  SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { nothingToPrune, PruningError } from './errors.js';
import { type LayerConfig, layerFromConfig } from './layer-config.js';
import { prunableWeights, weightsNamed } from './prunable.js';
import type { PruningRun } from './pruning-run.js';
import { type PruningSettings, settingsFromJson, settingsToJson } from './settings.js';
import { readMask, type WrappedWeight, writeMask } from './stored-mask.js';
import type { Layer } from './tfjs.js';
import { type LazyVariable, writtenLazily } from './written-lazily.js';

type Kwargs = Parameters<Layer['call']>[1];
type LayerInputs = Parameters<Layer['apply']>[0];
type LayerArgs = ConstructorParameters<typeof layers.Layer>[0];

/** What the wrapper is made from: a layer, and either settings or the weights' names alone. */
export interface PruneLowMagnitudeArgs {
  /** The layer to wrap. */
  readonly layer: Layer;
  /** How it is pruned. */
  readonly settings?: PruningSettings;
  /** Names of the weights to prune, needed before `settings` are there. */
  readonly weights?: readonly string[] | undefined;
}

/**
 * A layer around another that holds pruning masks for it. Forward and backward passes are the inner layer's own: the
 * masks are applied to the weights after each optimizer update, by {@link updatePruningStep} or {@link startPruning}.
 *
 * Masks (one bit a weight, packed in int32 words) and the step are non-trainable weights of the wrapper, so a saved
 * model goes on where it stopped.
 */
export class PruneLowMagnitude extends layers.Layer {
  /** The name under which saved models know the class. */
  static readonly className = 'PruneLowMagnitude';

  /** The layer inside. */
  readonly layer: Layer;
  /** Filled when the layer is built. */
  readonly pruned: WrappedWeight[] = [];
  /** What updates the masks while the layer trains. */
  run: PruningRun | undefined;

  #settings: PruningSettings | undefined;
  #weightNames: readonly string[] | undefined;
  #evaluations: LazyVariable | undefined;

  constructor({ layer, settings, weights }: PruneLowMagnitudeArgs) {
    const { batchInputShape, dtype } = layer;
    super({
      name: layer.name,
      trainable: layer.trainable,
      ...(batchInputShape === undefined ? {} : { batchInputShape, dtype }),
    } as LayerArgs);
    this.layer = layer;
    this.#settings = settings;
    this.#weightNames = settings?.weights ?? weights;
    this.supportsMasking = layer.supportsMasking;
  }

  /** How the layer is pruned. Which weights are pruned can't be changed any more once the layer is built. */
  get settings(): PruningSettings {
    if (this.#settings === undefined) {
      throw new PruningError(`Layer "${this.name}" has no pruning settings`, 'settings');
    }
    return this.#settings;
  }

  /** Settings for a layer that has none yet, or others for the same weights. */
  set settings(settings: PruningSettings) {
    const { weights } = settings;
    if (this.built && JSON.stringify(weights) !== JSON.stringify(this.#weightNames)) {
      throw new PruningError(
        `weights: layer "${this.name}" was built for other weights; pass its model through pruneLowMagnitude`,
        'weights',
        weights,
      );
    }
    this.#settings = settings;
    this.#weightNames = weights;
  }

  override build(inputShape: Shape | Shape[]): void {
    const { layer } = this;
    if (!layer.built) {
      layer.build(inputShape);
      layer.built = true;
      if (layer.initialWeights) layer.setWeights(layer.initialWeights);
    }
    const names = this.#weightNames;
    const found = names === undefined ? prunableWeights(layer) : weightsNamed(layer, names);
    if (found.length === 0) throw nothingToPrune(`layer "${this.name}" (${layer.getClassName()})`);
    for (const weight of found) this.pruned.push({ ...weight, ...this.#addMask(weight.variable) });
    const step = this.addWeight('pruning_step', [], 'int32', initializers.zeros(), undefined, false);
    this.#evaluations = writtenLazily(step);
    super.build(inputShape);
  }

  #addMask(variable: LayerVariable): { name: string; mask: LayerVariable } {
    const own = `${this.name}/`;
    const path = variable.originalName;
    const weightName = path.startsWith(own) ? path.slice(own.length) : path;
    const size = variable.shape.reduce<number>((product, length) => product * (length ?? 0), 1);
    const ones = onesMask(size);
    const zeros = initializers.zeros();
    const mask = this.addWeight(`${weightName}_mask`, [ones.words.length], 'int32', zeros, undefined, false);
    writeMask(mask, ones);
    return { name: own + weightName, mask };
  }

  override apply(inputs: LayerInputs, kwargs?: Kwargs): ReturnType<Layer['apply']> {
    // The symbolic initial state of a recurrent layer has to become an input of this layer in the model's graph.
    if (kwargs?.initialState === undefined || !(inputs instanceof SymbolicTensor))
      return super.apply(inputs, kwargs);
    const { initialState, ...others } = kwargs;
    return super.apply([inputs].concat(initialState), others);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    if (kwargs.training === true && this.run === undefined) {
      throw new PruningError(
        `Layer "${this.name}" is wrapped for pruning, but nothing updates its masks: pass updatePruningStep() to fit's ` +
          `callbacks, or call startPruning(model) before a loop of your own and its step() after each batch`,
      );
    }
    return this.layer.apply(inputs, kwargs) as Tensor | Tensor[];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.layer.computeOutputShape(inputShape);
  }

  override computeMask(inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  // The base class's constructor uses these accessors before `layer` is there.
  /** The inner layer's. */
  override get trainable(): boolean {
    return this.layer?.trainable ?? true;
  }

  /** Sets the inner layer's. */
  override set trainable(trainable: boolean) {
    if (this.layer !== undefined) this.layer.trainable = trainable;
  }

  /** The inner layer's. */
  override get trainableWeights(): LayerVariable[] {
    return this.layer.trainableWeights;
  }

  /** The inner layer's, then the masks and the step. */
  override get nonTrainableWeights(): LayerVariable[] {
    return [...this.layer.nonTrainableWeights, ...super.nonTrainableWeights];
  }

  override disposeWeights(): number {
    this.run?.stop();
    return super.disposeWeights();
  }

  /** The inner layer's. */
  override get losses(): Layer['losses'] {
    return this.layer.losses;
  }

  /** The inner layer's. */
  override get stateful(): boolean {
    return this.layer?.stateful ?? false;
  }

  override resetStates(): void {
    this.layer.resetStates();
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.layer.setFastWeightInitDuringBuild(value);
  }

  /** The stored masks, in the order of `pruned`. Throws PruningError when a mask doesn't fit its weight. */
  readMasks(): Promise<Mask[]> {
    return Promise.all(this.pruned.map(readMask));
  }

  /** How often the schedule was asked so far. */
  async readEvaluations(): Promise<number> {
    const [evaluations = 0] = await this.#builtEvaluations().variable.read().data();
    if (!Number.isInteger(evaluations) || evaluations < 0) {
      throw new PruningError(
        `The stored step of layer "${this.name}" is damaged: ${evaluations}`,
        'pruning_step',
        evaluations,
      );
    }
    return evaluations;
  }

  /** Stores masks, in the order of `pruned`. */
  writeMasks(masks: readonly Mask[]): void {
    for (const [index, { mask }] of this.pruned.entries()) writeMask(mask, masks[index] as Mask);
  }

  /** Stores how many times the schedule has been asked. */
  writeEvaluations(evaluations: number): void {
    this.#builtEvaluations().set(evaluations);
  }

  /** Takes over the settings, the step, and the masks of the weights that both layers prune. */
  copyPruning(from: PruneLowMagnitude): void {
    this.settings = { ...from.settings, weights: this.#weightNames };
    this.#builtEvaluations().variable.write(from.#builtEvaluations().variable.read());
    for (const { name, mask } of this.pruned) {
      const source = from.pruned.find((weight) => weight.name === name);
      if (source !== undefined) mask.write(source.mask.read());
    }
  }

  #builtEvaluations(): LazyVariable {
    if (this.#evaluations === undefined) {
      throw new PruningError(
        `Layer "${this.name}" has no weights yet: build the model, by an input shape, first`,
      );
    }
    return this.#evaluations;
  }

  override getConfig(): serialization.ConfigDict {
    const settingsAsJson = () => settingsToJson(this.settings, this.name);
    return {
      ...super.getConfig(),
      layer: { className: this.layer.getClassName(), config: this.layer.getConfig() },
      // tfjs changes the case of all strings in a config but those under `name`. A getter, since custom strategies that
      // can't be saved must not stop a model from being cloned or stripped.
      pruning: {
        get name() {
          return settingsAsJson();
        },
      },
    };
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const layer = layerFromConfig(config.layer as unknown as LayerConfig | undefined);
    // Inside cloneModel the settings follow once the layer is made.
    const args: PruneLowMagnitudeArgs =
      'pruning' in config
        ? { layer, settings: settingsFromJson(config.pruning, layer.name) }
        : { layer, weights: config.weights as readonly string[] | undefined };
    return new cls(args);
  }
}

serialization.registerClass(PruneLowMagnitude);
