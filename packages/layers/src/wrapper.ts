import { type Mask, maskFromWords, onesMask } from '@secateur/masks';
import { scalar, serialization, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape } from '@tensorflow/tfjs-layers';
import { PruningError } from './errors.js';
import { type PrunableWeight, prunableWeights, weightsNamed } from './prunable.js';
import { type PruningSettings, settingsFromJson, settingsToJson } from './settings.js';
import type { Layer } from './tfjs.js';

type Kwargs = Parameters<Layer['call']>[1];
type LayerArgs = ConstructorParameters<typeof layers.Layer>[0];

/** A prunable weight of a wrapped layer, and the variable that stores its mask. */
export interface WrappedWeight extends PrunableWeight {
  /** Unique in the model: the layer's name and the weight's. */
  readonly name: string;
  /** int32, [ceil(size / 32)]: the mask's words. */
  readonly mask: LayerVariable;
}

/** What the wrapper is made from: a layer, and either settings or the weights' names alone. */
export interface PruneLowMagnitudeArgs {
  readonly layer: Layer;
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
  static readonly className = 'PruneLowMagnitude';

  readonly layer: Layer;
  /** Filled when the layer is built. */
  readonly pruned: WrappedWeight[] = [];
  /** Whether something updates the masks while the layer trains. */
  driven = false;

  #settings: PruningSettings | undefined;
  readonly #weightNames: readonly string[] | undefined;
  #evaluations: LayerVariable | undefined;

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

  /** How the layer is pruned. */
  get settings(): PruningSettings {
    if (this.#settings === undefined) {
      throw new PruningError(`Layer "${this.name}" has no pruning settings`, 'settings');
    }
    return this.#settings;
  }

  set settings(settings: PruningSettings) {
    this.#settings = settings;
  }

  override build(inputShape: Shape | Shape[]): void {
    if (!this.layer.built) {
      this.layer.build(inputShape);
      this.layer.built = true;
    }
    const names = this.#weightNames;
    const found = names === undefined ? prunableWeights(this.layer) : weightsNamed(this.layer, names);
    for (const weight of found) this.pruned.push({ ...weight, ...this.#addMask(weight.variable) });
    this.#evaluations = this.addWeight('pruning_step', [], 'int32', initializers.zeros(), undefined, false);
    super.build(inputShape);
  }

  #addMask(variable: LayerVariable): { name: string; mask: LayerVariable } {
    const own = `${this.name}/`;
    const path = variable.originalName;
    const weightName = path.startsWith(own) ? path.slice(own.length) : path;
    const size = variable.shape.reduce<number>((product, length) => product * (length ?? 0), 1);
    const { words } = onesMask(size);
    const zeros = initializers.zeros();
    const mask = this.addWeight(`${weightName}_mask`, [words.length], 'int32', zeros, undefined, false);
    writeWords(mask, words);
    return { name: own + weightName, mask };
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor | Tensor[] {
    if (kwargs.training === true && !this.driven) {
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
  override get trainable(): boolean {
    return this.layer?.trainable ?? true;
  }

  override set trainable(trainable: boolean) {
    if (this.layer !== undefined) this.layer.trainable = trainable;
  }

  override get trainableWeights(): LayerVariable[] {
    return this.layer.trainableWeights;
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return [...this.layer.nonTrainableWeights, ...super.nonTrainableWeights];
  }

  override get losses(): Layer['losses'] {
    return this.layer.losses;
  }

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
    return Promise.all(
      this.pruned.map(async ({ name, variable, mask }) => {
        const words = await mask.read().data<'int32'>();
        try {
          return maskFromWords(
            variable.read().size,
            new Uint32Array(words.buffer, words.byteOffset, words.length),
          );
        } catch (cause) {
          throw new PruningError(`The stored mask of "${name}" is damaged: ${String(cause)}`, name, words);
        }
      }),
    );
  }

  /** How often the schedule was asked so far. */
  async readEvaluations(): Promise<number> {
    const [evaluations = 0] = await this.#evaluationsVariable().read().data();
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
    for (const [index, { mask }] of this.pruned.entries()) {
      const { words } = masks[index] as Mask;
      writeWords(mask, words);
    }
  }

  writeEvaluations(evaluations: number): void {
    tidy(() => {
      this.#evaluationsVariable().write(scalar(evaluations, 'int32'));
    });
  }

  #evaluationsVariable(): LayerVariable {
    if (this.#evaluations === undefined) {
      throw new PruningError(
        `Layer "${this.name}" has no weights yet: build the model, by an input shape, first`,
      );
    }
    return this.#evaluations;
  }

  override getConfig(): serialization.ConfigDict {
    const { name, settings } = this;
    return {
      ...super.getConfig(),
      layer: { className: this.layer.getClassName(), config: this.layer.getConfig() },
      // tfjs changes the case of all strings in a config but those under `name`. A getter, since custom strategies that
      // can't be saved must not stop a model from being cloned or stripped.
      pruning: {
        get name() {
          return settingsToJson(settings, name);
        },
      },
    };
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const layer = layerFromConfig(config.layer as unknown as SerializedLayer);
    const pruning = config.pruning as { name: string } | undefined;
    const weights = config.weights as readonly string[] | undefined;
    const args: PruneLowMagnitudeArgs =
      pruning === undefined
        ? { layer, weights }
        : { layer, settings: settingsFromJson(pruning.name, layer.name) };
    return new cls(args);
  }
}

interface SerializedLayer {
  readonly className: string;
  readonly config: serialization.ConfigDict;
}

function layerFromConfig(serialized: SerializedLayer | undefined): Layer {
  const entry = serialization.SerializationMap.getMap().classNameMap[serialized?.className ?? ''];
  if (serialized === undefined || entry === undefined) {
    throw new PruningError(
      `layer: unknown class "${serialized?.className}"; register it by tf.serialization.registerClass first`,
      'layer',
      serialized?.className,
    );
  }
  const [cls, fromConfig] = entry;
  return fromConfig(cls, serialized.config) as unknown as Layer;
}

function writeWords(variable: LayerVariable, words: Uint32Array): void {
  tidy(() => {
    variable.write(tensor1d(new Int32Array(words), 'int32'));
  });
}

serialization.registerClass(PruneLowMagnitude);
