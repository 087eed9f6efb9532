import type { layers as l, Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** Where a tensor of rank 4 or 5 has its channels. */
export type Format = 'channelsLast' | 'channelsFirst';

/** What all graphs of one model share. */
export interface GraphContext {
  /** How many layers have a name. Names are unique over all levels, as weights need it to be loaded. */
  layerCount: number;
  /** The time steps of every sequence. */
  readonly time: number;
  /** Whether Keras masks flow through the model: then tfjs gives the first of them to every later recurrent layer. */
  readonly isMasked: boolean;
}

/** What makes layers and gives them names. */
export interface LayerMaker {
  readonly context: GraphContext;
  make<C extends object>(create: (config: C) => l.Layer, config: C): l.Layer;
  name(kind: string): string;
}

/** What a graph is of. */
export interface GraphOptions {
  /** A Sequential model that every layer is added to: then each of them takes the newest tensor. */
  readonly chain?: Sequential;
  /** The shape that the first layer of the chain takes. */
  readonly firstShape?: readonly (number | null)[];
  readonly isInner?: boolean;
}

/** A graph under construction: the tensors that steps can go on from. */
export class RandomGraph implements LayerMaker {
  readonly context: GraphContext;
  /** The tensors so far, the newest last. */
  readonly tensors: SymbolicTensor[] = [];
  /** Outputs that nothing can go on from, since tfjs gives them a wrong symbolic shape. */
  readonly terminals: SymbolicTensor[] = [];
  readonly #formats = new Map<number, Format>();
  readonly #consumed = new Set<number>();
  readonly #chain: Sequential | undefined;
  readonly #firstShape: readonly (number | null)[] | undefined;

  /** Whether it is of a model inside another. */
  readonly isInner: boolean;

  constructor(context: GraphContext, { chain, firstShape, isInner = false }: GraphOptions = {}) {
    this.context = context;
    this.isInner = isInner;
    this.#chain = chain;
    this.#firstShape = firstShape;
  }

  /** Whether it is a chain of layers. */
  get isLinear(): boolean {
    return this.#chain !== undefined;
  }

  /** The newest tensor. */
  get newest(): SymbolicTensor {
    return this.tensors.at(-1) as SymbolicTensor;
  }

  /** The tensors that no layer takes. */
  get looseEnds(): SymbolicTensor[] {
    return this.tensors.filter(({ id }) => !this.#consumed.has(id));
  }

  /** The acceptable tensor that is `back` before the newest acceptable one, going round. */
  pick(
    back: number,
    isAcceptable: (tensor: SymbolicTensor) => boolean = () => true,
  ): SymbolicTensor | undefined {
    const from = this.isLinear ? this.tensors.slice(-1) : this.tensors;
    const accepted = from.filter(isAcceptable);
    return accepted[accepted.length - 1 - (back % Math.max(1, accepted.length))];
  }

  /** Adds tensors for later steps to go on from. */
  offer(...tensors: SymbolicTensor[]): void {
    this.tensors.push(...tensors);
  }

  /** Makes a layer with a name of its own. */
  make<C extends object>(create: (config: C) => l.Layer, config: C): l.Layer {
    const isFirst =
      this.#chain !== undefined && this.#chain.layers.length === 0 && this.#firstShape !== undefined;
    const batchInputShape = isFirst ? { batchInputShape: [...(this.#firstShape ?? [])] } : {};
    const made = create({ ...config, ...batchInputShape, name: this.name(create.name) });
    return made;
  }

  /** Makes layers that go inside others. */
  get inside(): LayerMaker {
    const { context } = this;
    const name = (kind: string) => this.name(kind);
    return { context, name, make: (create, config) => create({ ...config, name: name(create.name) }) };
  }

  /** A new name. */
  name(kind: string): string {
    return `${kind}_${++this.context.layerCount}`;
  }

  /** Calls a layer. */
  call(layer: l.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor[] {
    const outputs = this.#connect(layer, inputs);
    const [first] = inputs;
    for (const input of inputs) this.#consumed.add(input.id);
    if (first !== undefined && outputs[0]?.shape.length === first.shape.length) {
      this.setFormat(outputs[0], this.format(first));
    }
    return outputs;
  }

  /** Makes a layer and calls it, for its first output. */
  add<C extends object>(
    create: (config: C) => l.Layer,
    config: C,
    ...inputs: SymbolicTensor[]
  ): SymbolicTensor {
    return this.call(this.make(create, config), ...inputs)[0] as SymbolicTensor;
  }

  /** Where the tensor has its channels. */
  format(tensor: SymbolicTensor): Format {
    return this.#formats.get(tensor.id) ?? 'channelsLast';
  }

  /** Says where the tensor has its channels. */
  setFormat(tensor: SymbolicTensor, format: Format): SymbolicTensor {
    this.#formats.set(tensor.id, format);
    return tensor;
  }

  /** How many channels it has. */
  channels(tensor: SymbolicTensor): number {
    return this.format(tensor) === 'channelsFirst'
      ? (tensor.shape[1] as number)
      : (tensor.shape.at(-1) as number);
  }

  /** The sizes of its axes without those of the batch and the channels. */
  space(tensor: SymbolicTensor): number[] {
    const sizes = tensor.shape.slice(1) as number[];
    return this.format(tensor) === 'channelsFirst' ? sizes.slice(1) : sizes.slice(0, -1);
  }

  /** Whether it may have a Keras mask: tfjs can't merge one that has it with one that has none. */
  mayBeMasked(tensor: SymbolicTensor): boolean {
    return this.context.isMasked && tensor.shape.length === 3;
  }

  #connect(layer: l.Layer, inputs: SymbolicTensor[]): SymbolicTensor[] {
    if (this.#chain === undefined) {
      return [
        layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs),
      ].flat() as SymbolicTensor[];
    }
    this.#chain.add(layer);
    return [...this.#chain.outputs];
  }
}

/** How many elements an example has. */
export function elements(tensor: SymbolicTensor): number {
  return tensor.shape.slice(1).reduce<number>((product, size) => product * (size as number), 1);
}

/** Whether two tensors have the same shape. */
export function sameShape(a: SymbolicTensor, b: SymbolicTensor): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}
