import { linear } from '../graph/activation.js';
import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { type FilterShape, Weights } from '../graph/weights.js';
import type { OpenShape } from './imported-model.js';
import { layerActivation } from './layer-activation.js';
import type { LayerLike, LayerVariableLike } from './layers-model-like.js';

/** Why tfjs has to run a layer. */
export interface Refusal {
  readonly reason: string;
}

/** A layer that we can't compute. */
export function refuse(reason: string): Refusal {
  return { reason };
}

/** What a layer is turned into operations with. */
export interface LayerScope {
  readonly layer: LayerLike;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly ValueId[];
  readonly inputShapes: readonly OpenShape[];
  readonly weights: LayerWeights;
  /** Adds an operation and gives its output. */
  emit(operation: Operation, inputs: readonly ValueId[]): ValueId;
}

/** Turns a layer into operations and gives its output, or says why not. It emits nothing in that case. */
export type LayerRule = (scope: LayerScope) => Promise<ValueId | Refusal> | ValueId | Refusal;

/** Adds operations one after the other, from the first input on, and the layer's activation to the end. */
export function chain(
  { layer, inputs, emit }: LayerScope,
  make: (activation: typeof linear) => readonly Operation[],
): ValueId | Refusal {
  const activation = layerActivation(layer);
  if (activation === undefined) return refuse('its activation');
  const operations =
    activation === 'softmax' ? [...make(linear), { kind: 'softmax' as const }] : make(activation);
  return operations.reduce((value, operation) => emit(operation, [value]), inputs[0] ?? 0);
}

/** Reads the weights of a model's layers, those of shared layers once. */
export class WeightReader {
  readonly #values = new Map<LayerVariableLike, Promise<Float32Array>>();
  readonly #weights = new Map<LayerVariableLike, Weights>();

  /** A copy of a variable's values. */
  read(variable: LayerVariableLike): Promise<Float32Array> {
    const known = this.#values.get(variable);
    if (known !== undefined) return known;
    const values = variable
      .read()
      .data<'float32'>()
      .then((data) => data.slice());
    this.#values.set(variable, values);
    return values;
  }

  /** A variable as a filter. */
  async filter(variable: LayerVariableLike, shape: FilterShape): Promise<Weights> {
    const known = this.#weights.get(variable);
    if (known !== undefined) return known;
    const values = await this.read(variable);
    const weights = this.#weights.get(variable) ?? new Weights(values, shape);
    this.#weights.set(variable, weights);
    return weights;
  }
}

/** The weights of a layer, by the last part of their names: `kernel`. */
export class LayerWeights {
  readonly #layer: LayerLike;
  readonly #reader: WeightReader;

  constructor(layer: LayerLike, reader: WeightReader) {
    this.#layer = layer;
    this.#reader = reader;
  }

  /** Whether all weights are float32. */
  get areFloat(): boolean {
    return this.#layer.weights.every((variable) => variable.read().dtype === 'float32');
  }

  /** The shape of a weight; undefined if there is none of that name. */
  shape(name: string): readonly number[] | undefined {
    return this.#variable(name)?.read().shape;
  }

  /** The values of a weight; undefined if there is none of that name. */
  async values(name: string): Promise<Float32Array | undefined> {
    const variable = this.#variable(name);
    return variable && this.#reader.read(variable);
  }

  /** A weight of up to four axes as a filter [height, width, in, out]; undefined if there is none of that name. */
  async filter(name: string): Promise<Weights | undefined> {
    const variable = this.#variable(name);
    if (variable === undefined) return undefined;
    const { shape } = variable.read();
    const [height = 1, width = 1, inChannels = 1, outChannels = 1] = [1, 1, 1, 1, ...shape].slice(-4);
    return this.#reader.filter(variable, [height, width, inChannels, outChannels]);
  }

  /** `{ bias }` if the layer has one. */
  async bias(): Promise<{ readonly bias?: Float32Array }> {
    const bias = await this.values('bias');
    return bias === undefined ? {} : { bias };
  }

  #variable(name: string): LayerVariableLike | undefined {
    return this.#layer.weights.find(
      ({ originalName }) => originalName.slice(originalName.lastIndexOf('/') + 1) === name,
    );
  }
}
