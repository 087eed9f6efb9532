import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import type { Random } from './random.fixture.js';

type Shape = readonly (number | null)[];
/** Of layers; softsign, mish and gelu are not ours. */
const activations = [
  'linear',
  'relu',
  'relu6',
  'elu',
  'sigmoid',
  'tanh',
  'swish',
  'softmax',
  'softsign',
] as const;
type LayerActivation = NonNullable<Parameters<typeof l.dense>[0]['activation']>;

const apply = (layer: l.Layer | LayersModel, ...inputs: SymbolicTensor[]): SymbolicTensor =>
  layer.apply(inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs) as SymbolicTensor;

/** Makes models of layers of all kinds, with branches, layers and models that are used twice, and layers that only tfjs knows. */
export class ModelMaker {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A model of about so many layers. Its weights are random, and sparse here and there. */
  make(count: number): LayersModel {
    const random = this.#random;
    const inputs = Array.from({ length: random.chance(0.2) ? 2 : 1 }, () =>
      input({ shape: this.#inputShape() }),
    );
    const values = [...inputs];
    const usedLayers: { readonly layer: l.Layer | LayersModel; readonly shape: Shape }[] = [];
    const read = new Set<SymbolicTensor>();
    for (let attempt = 0; values.length < count + inputs.length && attempt < 10 * count; attempt += 1) {
      const x = random.chance(0.7) ? (values.at(-1) as SymbolicTensor) : random.pick(values);
      const again = usedLayers.filter(({ shape }) => `${shape}` === `${x.shape}`);
      const y = random.chance(0.3)
        ? this.#merge(x, values, read)
        : random.chance(0.1) && again.length > 0
          ? apply(random.pick(again).layer, x)
          : this.#applyNew(x, usedLayers);
      if (y === undefined || sizeOf(y.shape) > 2000) continue;
      read.add(x);
      values.push(y);
    }
    const made = values.slice(inputs.length);
    const outputs = made.filter((value) => !read.has(value) || random.chance(0.1));
    const unread = inputs.filter((value) => !read.has(value));
    const extra = unread.map((value) => apply(l.activation({ activation: 'relu' }), value));
    const all = [...outputs, ...extra];
    const result = model({ inputs, outputs: all.length === 1 ? (all[0] as SymbolicTensor) : all });
    this.#fill(result);
    return result;
  }

  #name(): string {
    this.#names += 1;
    return `layer_${this.#names}`;
  }

  #inputShape(): number[] {
    const random = this.#random;
    const channels = random.pick([1, 3, random.integer(1, 20)]);
    return random.pick([
      [channels],
      [random.integer(1, 9), channels],
      [random.integer(1, 10), random.integer(1, 10), channels],
      [random.integer(3, 10), random.integer(3, 10), channels],
    ]);
  }

  #applyNew(
    x: SymbolicTensor,
    used: { readonly layer: l.Layer | LayersModel; readonly shape: Shape }[],
  ): SymbolicTensor | undefined {
    if (x.shape.at(-1) === null) return undefined;
    const layer = this.#random.chance(0.06) ? this.#nested(x.shape) : this.#layer(x.shape);
    if (layer === undefined) return undefined;
    const isOpen = x.shape.slice(1).includes(null);
    if (isOpen && ['Flatten', 'PReLU', 'LayerNormalization'].includes(layer.getClassName())) return undefined;
    const y = apply(layer, x);
    if (y.shape.some((size) => size !== null && size < 1)) return undefined;
    used.push({ layer, shape: x.shape });
    return y;
  }

  #nested(shape: Shape): LayersModel | undefined {
    const first = this.#layer(shape, shape.slice(1));
    if (first === undefined || shape.slice(1).includes(null)) return undefined;
    const inner = sequential({ name: this.#name(), layers: [first] });
    const second = this.#layer(inner.outputShape as Shape);
    const isOpen = (inner.outputShape as Shape).slice(1).includes(null);
    if (second !== undefined && !isOpen) inner.add(second);
    return (inner.outputShape as Shape).some((size) => size !== null && size < 1) ? undefined : inner;
  }

  #merge(
    x: SymbolicTensor,
    values: readonly SymbolicTensor[],
    read: Set<SymbolicTensor>,
  ): SymbolicTensor | undefined {
    const random = this.#random;
    const same = values.filter((value) => `${value.shape}` === `${x.shape}`);
    const outer = values.filter((value) => `${value.shape.slice(0, -1)}` === `${x.shape.slice(0, -1)}`);
    const perImage = values.filter(
      ({ shape }) => `${shape}` === `${[null, ...x.shape.slice(1, -1).map(() => 1), x.shape.at(-1)]}`,
    );
    const name = this.#name();
    const kind = random.pick(['add', 'multiply', 'maximum', 'minimum', 'average', 'concatenate'] as const);
    const others = random.pick(
      kind === 'concatenate' ? [outer] : perImage.length > 0 ? [same, perImage] : [same],
    );
    // tfjs itself disposes a tensor too early that a layer is given twice.
    const chosen = random.shuffled(others.filter((value) => value !== x)).slice(0, random.pick([1, 1, 2]));
    if (chosen.length === 0) return undefined;
    for (const value of chosen) read.add(value);
    const merged = random.chance(0.8) ? [x, ...chosen] : [...chosen, x];
    return apply(l[kind]({ name }), ...merged);
  }

  #layer(shape: Shape, inputShape?: Shape): l.Layer | undefined {
    const random = this.#random;
    const given = inputShape === undefined ? {} : { inputShape: [...inputShape] };
    const common = { name: this.#name(), ...given };
    const choices: (() => l.Layer | undefined)[] = [
      () => l.dense({ ...common, units: random.integer(1, 24), ...this.#activation() }),
      () => l.dense({ ...common, units: random.integer(1, 24), ...this.#activation() }),
      () => l.batchNormalization({ ...common, scale: random.chance(0.8), center: random.chance(0.8) }),
      () =>
        l.activation({
          ...common,
          activation: random.pick(['relu', 'relu6', 'tanh', 'swish', 'mish', 'gelu']),
        }),
      () => random.pick([l.reLU, l.elu, l.leakyReLU, l.thresholdedReLU, l.leakyReLU])(common as object),
      () => l.softmax({ ...common, axis: random.pick([-1, shape.length - 1]) }),
      () => l.dropout({ ...common, rate: 0.3 }),
      () => l.reLU({ ...common, maxValue: random.pick([6, 1]) }),
      () =>
        l.prelu({
          ...common,
          ...(shape.length > 2 &&
            random.chance(0.7) && { sharedAxes: shape.slice(2).map((_, axis) => axis + 1) }),
        }),
      () => l.layerNormalization(common),
    ];
    if (shape.length > 2) choices.push(() => l.flatten(common));
    if (shape.length === 2) {
      const size = shape[1] ?? 1;
      choices.push(() =>
        l.reshape({
          ...common,
          targetShape: random.pick([
            [1, size],
            [size, 1],
            [1, 1, size],
            [-1, 1],
          ]),
        }),
      );
    }
    if (shape.length === 3) choices.push(...this.#sequenceLayers(shape, common));
    if (shape.length === 4)
      choices.push(...this.#imageLayers(shape, common), ...this.#imageLayers(shape, common));
    return random.pick(choices)();
  }

  #sequenceLayers(shape: Shape, common: { readonly name: string }): (() => l.Layer | undefined)[] {
    const random = this.#random;
    const length = shape[1] ?? 1;
    const window = () => {
      const padding = random.pick(['same', 'valid'] as const);
      return { padding, size: random.integer(1, padding === 'same' ? 5 : Math.min(5, length)) };
    };
    return [
      () => {
        const { padding, size } = window();
        const isDilated = random.chance(0.3) && (padding === 'same' || (size - 1) * 2 < length);
        return l.conv1d({
          ...{
            ...common,
            filters: random.integer(1, 16),
            kernelSize: size,
            padding,
            useBias: random.chance(0.8),
          },
          ...(isDilated ? { dilationRate: 2 } : { strides: random.integer(1, 3) }),
          ...this.#ownActivation(),
        });
      },
      () => {
        const { padding, size } = window();
        const options = {
          ...common,
          poolSize: size,
          padding,
          ...(random.chance(0.5) && { strides: random.integer(1, 3) }),
        };
        return random.chance(0.5) ? l.maxPooling1d(options) : l.averagePooling1d(options);
      },
      () => l.globalAveragePooling1d(common),
      () => l.globalMaxPooling1d(common),
      () =>
        l.timeDistributed({
          ...common,
          layer: l.dense({ units: random.integer(1, 9), ...this.#activation() }),
        }),
      () => l.permute({ ...common, dims: [2, 1] }),
    ];
  }

  #imageLayers(shape: Shape, common: { readonly name: string }): (() => l.Layer | undefined)[] {
    const random = this.#random;
    const [, height = 1, width = 1] = shape.map((size) => size ?? 1);
    const pair = (most: number): [number, number] =>
      random.chance(0.7)
        ? (([size]) => [size, size] as [number, number])([random.integer(1, most)])
        : [random.integer(1, most), random.integer(1, most)];
    const window = () => {
      const padding = random.pick(['same', 'valid'] as const);
      const [rows, columns] = pair(4);
      const size: [number, number] =
        padding === 'same' ? [rows, columns] : [Math.min(rows, height), Math.min(columns, width)];
      const isDilated =
        random.chance(0.2) && (padding === 'same' || (2 * size[0] - 1 <= height && 2 * size[1] - 1 <= width));
      return { padding, size, move: isDilated ? { dilationRate: 2 } : { strides: pair(3) } };
    };
    const conv = () => {
      const { padding, size, move } = window();
      const options = {
        ...common,
        kernelSize: size,
        padding,
        useBias: random.chance(0.8),
        ...move,
        ...this.#ownActivation(),
      };
      return { padding, size, options };
    };
    const filters = () => random.integer(1, 16);
    return [
      () => l.conv2d({ ...conv().options, filters: filters() }),
      () => l.conv2d({ ...common, kernelSize: 1, filters: filters(), ...this.#activation() }),
      () => {
        const { padding, size } = window();
        const stride = random.integer(1, 2);
        const strides: [number, number] = [stride, stride];
        const options = {
          ...common,
          kernelSize: size,
          padding,
          strides,
          depthMultiplier: random.pick([1, 1, 2]),
        };
        return random.chance(0.7)
          ? l.depthwiseConv2d({ ...options, ...this.#activation() })
          : l.separableConv2d({ ...options, filters: filters(), ...this.#activation() });
      },
      () => {
        const { padding, size } = window();
        const options = {
          ...common,
          poolSize: size,
          padding,
          ...(random.chance(0.5) && { strides: pair(3) }),
        };
        return random.chance(0.5) ? l.maxPooling2d(options) : l.averagePooling2d(options);
      },
      () => l.globalAveragePooling2d(common as never),
      () => l.globalMaxPooling2d(common as never),
      () =>
        l.zeroPadding2d({
          ...common,
          padding: [
            [random.integer(0, 2), random.integer(0, 2)],
            [random.integer(0, 2), random.integer(0, 2)],
          ],
        }),
      () => l.upSampling2d({ ...common, size: [2, 1] }),
      () => l.permute({ ...common, dims: [2, 1, 3] }),
    ];
  }

  #activation(): { readonly activation: LayerActivation } {
    const random = this.#random;
    return { activation: (random.chance(0.5) ? 'linear' : random.pick(activations)) as LayerActivation };
  }

  /** One of ours: the wasm backend of tfjs is wrong on some convolutions. */
  #ownActivation(): { readonly activation: LayerActivation } {
    return { activation: this.#random.pick(activations.slice(0, -1)) as LayerActivation };
  }

  /** Weights of about 1 / sqrt(inputs), so that values stay near 1. */
  #fill(target: LayersModel): void {
    const random = this.#random;
    const values = target.weights.map(({ shape, originalName }) => {
      const sizes = shape as number[];
      const count = sizes.reduce((product, size) => product * size, 1);
      if (/variance/.test(originalName))
        return tf.tensor(
          Float32Array.from({ length: count }, () => 0.3 + random.next()),
          sizes,
        );
      const isKernel = /kernel/.test(originalName);
      const density = isKernel ? random.pick([0, 0.1, 0.3, 0.6, 1]) : 1;
      const block = isKernel ? random.pick([1, 1, 4, 8]) : 1;
      const scale = isKernel ? 1.5 / Math.sqrt(Math.max(1, (count / (sizes.at(-1) ?? 1)) * density)) : 0.7;
      let isKept = true;
      const made = Float32Array.from({ length: count }, (_, at) => {
        if (at % block === 0) isKept = random.chance(density);
        return isKept ? scale * (2 * random.next() - 1) : 0;
      });
      return tf.tensor(made, sizes);
    });
    target.setWeights(values);
    tf.dispose(values);
  }
}

function sizeOf(shape: Shape): number {
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
}
