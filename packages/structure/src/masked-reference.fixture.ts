import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { type AnyLayer, inputPaths } from './layer-paths.fixture.js';
import {
  alongAxis,
  assertAlong,
  assertNone,
  assertSame,
  full,
  isMarked,
  type Mark,
  mixed,
  placed,
  placedBehind,
} from './marks.fixture.js';

/** Units that are removed, by the path of their layer. */
export type RemovedUnits = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * What a model predicts when its removed units are zero wherever a layer reads them. It is found by following single
 * elements through the running model, by rules of its own: nothing of the package's is used. The model's weights are
 * changed, and its layers rewired: it serves for this alone.
 *
 * @throws Error when a removed element reaches an output of the model, or what mixes it with others.
 */
export class MaskedReference {
  readonly #model: LayersModel;
  readonly #removed: RemovedUnits;
  readonly #marks = new WeakMap<tf.Tensor, Mark>();
  readonly #kept: Mark[] = [];

  constructor(model: LayersModel, removed: RemovedUnits) {
    this.#model = model;
    this.#removed = removed;
    this.#rewire(model as unknown as AnyLayer, '');
  }

  /** The caller owns the outputs. */
  predict(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const outputs = tf.tidy(() => {
      const paths = inputPaths(this.#model);
      const own = inputs.map((input, index) => {
        const units = this.#units(paths[index] ?? '', input.shape.at(-1) as number);
        return this.#marked(input.clone(), units);
      });
      // As predict does: with arguments of its own, a model would hand states on from one layer to the next.
      const outputs = [this.#model.call(own, undefined as never)].flat();
      for (const output of outputs) {
        if (this.#marks.has(output)) throw new Error('A removed channel reaches an output');
      }
      return outputs;
    });
    tf.dispose(this.#kept.splice(0));
    return outputs;
  }

  #rewire(layer: AnyLayer, path: string): void {
    if (layer.layers !== undefined) {
      const prefix = path === '' ? '' : `${path}/`;
      for (const inner of layer.layers) this.#rewire(inner, prefix + inner.name);
      return;
    }
    // Bidirectional keeps the layer that it copied.
    if (layer.layer !== undefined && layer.forwardLayer === undefined) this.#rewire(layer.layer, path);
    for (const one of [layer, layer.forwardLayer, layer.backwardLayer])
      if (one?.cell) this.#dropReads(one.cell, path);
    const original = layer.apply.bind(layer) as (inputs: tf.Tensor | tf.Tensor[], kwargs?: object) => unknown;
    const run = (inputs: readonly tf.Tensor[], kwargs?: object): tf.Tensor[] =>
      [original(inputs.length === 1 ? (inputs[0] as tf.Tensor) : [...inputs], kwargs)].flat() as tf.Tensor[];
    const call = (inputs: tf.Tensor | tf.Tensor[], kwargs?: object): tf.Tensor | tf.Tensor[] => {
      const outputs = this.#call(layer, path, [inputs].flat(), (some) => run(some, kwargs));
      return outputs.length === 1 ? (outputs[0] as tf.Tensor) : outputs;
    };
    Object.assign(layer, { apply: call });
  }

  /** A recurrent layer reads its own state, and a stack of cells the outputs of each other. */
  #dropReads(cell: AnyLayer, path: string): void {
    const cells = cell.cells ?? [cell];
    cells.forEach((one, index) => {
      const own =
        this.#removed.get(cell.cells === undefined ? path : `${path}/${one.name}`) ?? new Set<number>();
      dropRows(one, 'recurrent_kernel', own);
      const next = cells[index + 1];
      if (next !== undefined) dropRows(next, 'kernel', own);
    });
  }

  #call(
    layer: AnyLayer,
    path: string,
    inputs: tf.Tensor[],
    run: (inputs: tf.Tensor[]) => tf.Tensor[],
  ): tf.Tensor[] {
    const kind = layer.getClassName();
    const makes = [...this.#removed.keys()].some((one) => one === path || one.startsWith(`${path}/`));
    if (!makes && !inputs.some((input) => this.#marks.has(input))) return run(inputs);
    if (kind === 'TimeDistributed')
      return [this.#stepByStep(layer.layer as AnyLayer, inputs[0] as tf.Tensor)];
    const marks = inputs.map((input) => this.#markOf(input));
    const reads = readers.has(kind);
    const masked = inputs.map((input, i) =>
      this.#marks.has(input) ? tf.mul(input, tf.sub(1, marks[i] as Mark)) : input,
    );
    const outputs = run(reads ? masked : inputs);
    const rule = reads ? this.#read : this.#pass;
    const out = rule.call(this, layer, path, marks, outputs, run);
    return outputs.map((output, index) => this.#marked(output, out[index]));
  }

  /** The marks of what a layer with units of its own makes. */
  #read(layer: AnyLayer, path: string, marks: Mark[], outputs: tf.Tensor[], run: Run): (Mark | undefined)[] {
    const kind = layer.getClassName();
    const config = layer.getConfig();
    const [mark] = marks as [Mark];
    const rank = mark.rank;
    const [first] = outputs as [tf.Tensor];
    if (kind === 'Dot')
      return [tf.cast(tf.equal(run(marks.map((one) => tf.sub(1, one)))[0] as tf.Tensor, 0), 'float32')];
    if (kind === 'Embedding') {
      assertNone(mark, path);
      return [this.#units(path, first.shape.at(-1) as number)];
    }
    const axis = config.dataFormat === 'channelsFirst' ? 1 : rank - 1;
    if (kind === 'Dense') {
      const gone = tf.min(mark, -1, true);
      return [mixed(tf.maximum(gone, this.#units(path, first.shape.at(-1) as number)), config, path)];
    }
    assertAlong(mark, axis, path);
    if (layer.forwardLayer !== undefined) {
      const own = this.#recurrent(layer.forwardLayer.cell as AnyLayer, path);
      const [one, ...states] = own as [Mark, ...Mark[]];
      if (config.mergeMode === 'concat') return [tf.concat([one, one], -1), ...states, ...states];
      return config.mergeMode === null ? [one, one, ...states, ...states] : [one, ...states, ...states];
    }
    if (layer.cell !== undefined) return this.#recurrent(layer.cell, path);
    const outAxis = axis === 1 ? 1 : first.rank - 1;
    const units = this.#units(path, first.shape[outAxis] as number);
    // Its activation comes before it puts the channels first.
    if (kind === 'SeparableConv2D') mixed(units, config, path);
    return [mixed(axis === 1 && rank > 2 ? placed(units, 1, first.rank) : units, config, path)];
  }

  /** The marks of a recurrent layer's output and states. */
  #recurrent(cell: AnyLayer, path: string): Mark[] {
    const cells = cell.cells ?? [cell];
    const states = [...cells].reverse().flatMap((one) => {
      const config = one.getConfig();
      const units = Number(config.units ?? config.filters);
      const own = this.#units(cell.cells === undefined ? path : `${path}/${one.name}`, units);
      return one.getClassName().includes('LSTM') ? [own, own] : [own];
    });
    return [states[0] as Mark, ...states];
  }

  /** The marks of what passes channels on. */
  #pass(layer: AnyLayer, path: string, marks: Mark[], outputs: tf.Tensor[], run: Run): (Mark | undefined)[] {
    const kind = layer.getClassName();
    const config = layer.getConfig();
    const [mark] = marks as [Mark];
    const [output] = outputs as [tf.Tensor];
    const axis = config.dataFormat === 'channelsFirst' ? 1 : mark.rank - 1;
    if (moving.has(kind)) return run(marks);
    if (merging.has(kind)) {
      const rank = Math.max(...marks.map((one) => one.rank));
      return [marks.map((one) => placedBehind(one, rank)).reduce((a, b) => tf.maximum(a, b))];
    }
    if (kind === 'DepthwiseConv2D') {
      assertAlong(mark, axis, path);
      const times = Number(config.depthMultiplier);
      const channels = tf.reshape(alongAxis(mark, axis), [-1, 1]);
      const repeated = tf.reshape(tf.tile(channels, [1, times]), [-1]);
      return [mixed(placed(repeated, axis, mark.rank), config, path)];
    }
    if (spatial.has(kind)) {
      assertAlong(mark, axis, path);
      const channels = alongAxis(mark, axis);
      return [kind.startsWith('Global') ? placed(channels, 1, 2) : placed(channels, axis, output.rank)];
    }
    if (kind === 'Halving') assertNone(mark, path);
    if (kind === 'CategoryEncoding') {
      assertNone(mark, path);
      return [];
    }
    if (kind === 'LayerNormalization' || kind === 'Softmax') {
      for (const one of [config.axis].flat() as number[]) assertSame(mark, one, path);
    }
    if (kind === 'Masking') assertSame(mark, -1, path);
    return [mixed(mark, config, path)];
  }

  /** TimeDistributed, one step after the other. */
  #stepByStep(layer: AnyLayer, x: tf.Tensor): tf.Tensor {
    const mark = this.#markOf(x);
    const marks = tf.unstack(mark, 1);
    const steps = tf.unstack(x, 1).map((step, index) => {
      const own = this.#marked(step, marks[index]);
      return [layer.apply(own)].flat()[0] as tf.Tensor;
    });
    return this.#marked(
      tf.stack(steps, 1),
      tf.stack(
        steps.map((step) => this.#markOf(step)),
        1,
      ),
    );
  }

  #units(path: string, count: number): Mark {
    const removed = this.#removed.get(path);
    return tf.tensor(Float32Array.from({ length: count }, (_, unit) => (removed?.has(unit) ? 1 : 0)));
  }

  #marked(tensor: tf.Tensor, mark: Mark | undefined): tf.Tensor {
    if (mark === undefined || !isMarked(mark)) return tensor;
    // The tidies of the models around would dispose it.
    const kept = tf.keep(full(mark, tensor).clone());
    this.#kept.push(kept);
    this.#marks.set(tensor, kept);
    return tensor;
  }

  #markOf(tensor: tf.Tensor): Mark {
    return this.#marks.get(tensor) ?? tf.zeros([1, ...tensor.shape.slice(1)]);
  }
}

type Run = (inputs: tf.Tensor[]) => tf.Tensor[];

/** Layers that read channels: a removed one is zero to them. */
const readers: ReadonlySet<string> = new Set([
  ...[
    'Dense',
    'Conv1D',
    'Conv2D',
    'Conv3D',
    'Conv2DTranspose',
    'Conv3DTranspose',
    'SeparableConv2D',
    'Embedding',
    'Dot',
  ],
  ...['SimpleRNN', 'GRU', 'LSTM', 'RNN', 'ConvLSTM2D', 'Bidirectional'],
]);

/** Layers that move elements, as they move marks. */
const moving: ReadonlySet<string> = new Set(['Flatten', 'Reshape', 'Permute', 'RepeatVector', 'Concatenate']);

/** Layers that work on the elements of several tensors. */
const merging: ReadonlySet<string> = new Set(['Add', 'Multiply', 'Average', 'Maximum', 'Minimum']);

/** Layers that mix the elements of each channel. */
const spatial: ReadonlySet<string> = new Set([
  ...[
    'MaxPooling1D',
    'AveragePooling1D',
    'MaxPooling2D',
    'AveragePooling2D',
    'MaxPooling3D',
    'AveragePooling3D',
  ],
  ...['GlobalMaxPooling1D', 'GlobalAveragePooling1D', 'GlobalMaxPooling2D', 'GlobalAveragePooling2D'],
  ...['ZeroPadding2D', 'Cropping2D', 'UpSampling2D', 'CenterCrop', 'Resizing', 'RandomWidth'],
]);

/** Sets rows of a recurrent cell's kernel to zero, on the axis before its last. */
function dropRows(cell: AnyLayer, name: string, rows: ReadonlySet<number>): void {
  const variable = cell.weights.find(({ originalName }) =>
    originalName.endsWith(`/${name}`),
  ) as LayerVariable;
  tf.tidy(() => {
    const value = variable.read();
    const kept = Float32Array.from({ length: value.shape.at(-2) as number }, (_, row) =>
      rows.has(row) ? 0 : 1,
    );
    variable.write(tf.mul(value, tf.reshape(tf.tensor(kept), [-1, 1])));
  });
}
