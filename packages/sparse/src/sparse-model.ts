import { concat, dispose, keep, type NamedTensorMap, type Tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Choices } from './choices.js';
import { type ExplainedLayer, explainLayers } from './explain.js';
import type { ImportedInput } from './import/imported-model.js';
import { checkInputs, inBatches, type ModelInputs } from './predict-inputs.js';
import { type RunnableModel, runStages, runStagesAsync } from './run-stages.js';
import { SparseError } from './sparse-error.js';
import type { Tuning } from './tune.js';

/** How a prediction is made. */
export interface PredictOptions {
  /** How many examples are computed at once, as in tfjs. Default: 32 for layers models, all for graph models. */
  readonly batchSize?: number;
}

/** What a model gives: one tensor, an array for several outputs, or an object where a graph model names them. */
export type ModelOutputs = Tensor | Tensor[] | NamedTensorMap;

/** What a sparse model is made of. */
export interface SparseModelParts extends RunnableModel {
  readonly choices: Choices;
  /** The default of `predict`. */
  readonly batchSize: number;
}

/**
 * A model whose layers run on kernels of ours where they can, and on tfjs elsewhere. `sparsify` makes it. `Outputs` is what it
 * gives, as the source model does: only graph models can name their outputs.
 */
export class SparseModel<Outputs extends ModelOutputs = Tensor | Tensor[]> {
  readonly #parts: SparseModelParts;
  #isDisposed = false;

  /** @internal */
  constructor(parts: SparseModelParts) {
    this.#parts = parts;
  }

  /** The inputs: their names, shapes (`null` for open sizes) and types. */
  get inputs(): readonly ImportedInput[] {
    return this.#parts.model.inputs;
  }

  /** The bytes that weights and values between layers take in memory of our kernels, outside of tensors. */
  get memoryBytes(): number {
    return this.#parts.stages.reduce(
      (sum, stage) => sum + ('segment' in stage ? stage.segment.memoryBytes : 0),
      0,
    );
  }

  /** What was measured with `tune`, to be given to the next `sparsify` of the same model. */
  get tuning(): Tuning | undefined {
    return this.#parts.choices.tuning;
  }

  /**
   * What runs each layer, and why. Kernels are known once the model has run, which `sparsify` sees to if it knows the
   * inputs' shapes.
   */
  explain(): ExplainedLayer[] {
    return explainLayers(this.#parts.model, this.#parts.choices);
  }

  /**
   * Computes the outputs, as the model's own `predict` does: one tensor, an array if the model has several outputs, or an
   * object if it is a graph model that names them. The caller disposes them.
   *
   * Where our kernels can't reach the inputs (on all backends but wasm) it reads them synchronously; see `predictAsync`.
   *
   * @param inputs a tensor for each input: one alone, in order, or by name.
   * @throws SparseError for inputs that don't fit, and after `dispose()`.
   */
  predict(inputs: ModelInputs, options: PredictOptions = {}): Outputs {
    const tensors = this.#check(inputs);
    const { batchSize = this.#parts.batchSize } = options;
    return this.#shaped(
      tidy(() => joined(inBatches(tensors, batchSize).map((batch) => runStages(this.#parts, batch)))),
    );
  }

  /** The same, waiting for values that are out of reach instead of stalling: for webgl and webgpu, and for control flow. */
  async predictAsync(inputs: ModelInputs, options: PredictOptions = {}): Promise<Outputs> {
    const tensors = this.#check(inputs);
    const { batchSize = this.#parts.batchSize } = options;
    // Copies of the handles, so that the caller may dispose the inputs meanwhile.
    const batches = tidy(() =>
      inBatches(tensors, batchSize).map((batch) => batch.map((tensor) => keep(tensor.clone()))),
    );
    const outputs: Tensor[][] = [];
    try {
      for (const batch of batches) outputs.push(await runStagesAsync(this.#parts, batch));
      return this.#shaped(tidy(() => joined(outputs).map((output) => output.clone())));
    } finally {
      dispose([...batches.flat(), ...outputs.flat()]);
    }
  }

  /** Frees the memory of our kernels. The model that it was made from stays as it is. */
  dispose(): void {
    this.#isDisposed = true;
    for (const stage of this.#parts.stages) if ('segment' in stage) stage.segment.dispose();
  }

  /**
   * Runs on zeros, so that kernels are compiled and known; nothing happens if more sizes than the batch are open, or if the
   * model can't take them: some only take a certain batch, or values in a range.
   *
   * @internal
   */
  async warmUp(): Promise<void> {
    const { inputs } = this.#parts.model;
    const isKnown = inputs.every(
      ({ shape, dtype }) => shape.slice(1).every((size) => size !== null) && dtype !== 'string',
    );
    if (!isKnown || inputs.length === 0) return;
    const examples = tidy(() =>
      inputs.map(({ shape, dtype }) =>
        zeros(
          shape.map((size) => size ?? 1),
          dtype,
        ),
      ),
    );
    try {
      dispose(await this.predictAsync(examples));
    } catch {
      // Whatever it is, a prediction says it again.
    } finally {
      dispose(examples);
    }
  }

  /** Outputs in the form in which the source model gives them. */
  #shaped(outputs: Tensor[]): Outputs {
    const { outputKeys } = this.#parts.model;
    const inForm = (form: ModelOutputs) => form as Outputs;
    if (outputKeys !== undefined) {
      return inForm(
        Object.fromEntries(outputs.map((output, index) => [outputKeys[index] ?? `${index}`, output])),
      );
    }
    return inForm(outputs.length === 1 ? (outputs[0] as Tensor) : outputs);
  }

  #check(inputs: ModelInputs): readonly Tensor[] {
    if (this.#isDisposed) throw new SparseError('the model has been disposed');
    return checkInputs(this.#parts.model.inputs, inputs);
  }
}

/** The outputs of all batches, one after the other. */
function joined(batches: readonly Tensor[][]): Tensor[] {
  const [first = [], ...others] = batches;
  if (others.length === 0) return first;
  return first.map((output, index) => concat([output, ...others.map((batch) => batch[index] as Tensor)], 0));
}
