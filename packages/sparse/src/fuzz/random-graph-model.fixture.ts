import { sizeOf } from '../graph/shape.js';
import { placeWindow } from '../graph/window.js';
import type { Attribute, ConstantSpec, GraphNodeSpec, GraphSpec } from '../import/graph-model.fixture.js';
import type { Random } from './random.fixture.js';

interface Value {
  readonly name: string;
  /** With the batch. */
  readonly shape: readonly number[];
}

const nhwc: Readonly<Record<string, Attribute>> = { data_format: { text: 'NHWC' } };
const activations = ['Relu', 'Relu6', 'Elu', 'Sigmoid', 'LeakyRelu', 'Prelu'];

/** The shape of two that go together, if they do. */
function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const shape = Array.from({ length: Math.max(a.length, b.length) }, (_, index, axis = index + 1) =>
    Math.max(a.at(-axis) ?? 1, b.at(-axis) ?? 1),
  ).reverse();
  const fits = (sizes: readonly number[]) =>
    sizes.every((size, index) => size === 1 || size === shape[shape.length - sizes.length + index]);
  return [a, b].every((sizes) => sizes.length <= shape.length && fits(sizes)) ? shape : undefined;
}

/** Makes graphs as the converter writes them: fused nodes, constants on either side, ops that only tfjs knows. */
export class GraphMaker {
  readonly #random: Random;
  readonly #batch: number;
  readonly #constants: Record<string, ConstantSpec> = {};
  readonly #nodes: Record<string, GraphNodeSpec> = {};
  readonly #values: Value[] = [];
  readonly #read = new Set<string>();

  constructor(random: Random, batch: number) {
    this.#random = random;
    this.#batch = batch;
  }

  make(count: number): { readonly spec: GraphSpec; readonly shapes: readonly (readonly number[])[] } {
    const random = this.#random;
    const placeholders: Record<string, number[]> = {};
    const shapes: number[][] = [];
    for (let left = random.chance(0.2) ? 2 : 1; left > 0; left -= 1) {
      const channels = random.integer(1, 16);
      const batch = random.chance(0.15) ? 1 : this.#batch;
      const inner = random.pick([[channels], [random.integer(1, 9), random.integer(1, 9), channels]]);
      const name = `x${left}`;
      placeholders[name] = [random.chance(0.8) ? -1 : batch, ...inner];
      shapes.push([batch, ...inner]);
      this.#values.push({ name, shape: [batch, ...inner] });
    }
    for (let attempt = 0; Object.keys(this.#nodes).length < count && attempt < 20 * count; attempt += 1) {
      const x = random.chance(0.7) ? (this.#values.at(-1) as Value) : random.pick(this.#values);
      this.#grow(x);
    }
    // Every placeholder is read, so that no input is dropped.
    for (const name of Object.keys(placeholders)) {
      const value = this.#values.find((each) => each.name === name);
      if (value !== undefined && !this.#read.has(name)) this.#add('Relu', [value], {}, value.shape);
    }
    const constants = Object.fromEntries(
      Object.entries(this.#constants).filter(([name]) => this.#read.has(name)),
    );
    return { spec: { placeholders, constants, nodes: this.#nodes }, shapes };
  }

  #grow(x: Value): void {
    const random = this.#random;
    const steps: (() => void)[] = [
      () => this.#add(random.pick(['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'Identity']), [x], {}, x.shape),
      () => this.#add('LeakyRelu', [x], { alpha: { float: 0.3 } }, x.shape),
      () => this.#add(random.pick(['Softplus', 'Abs', 'Neg', 'Square']), [x], {}, x.shape),
      () => this.#arithmetic(x),
      () => this.#arithmetic(x),
      () => this.#pair(x),
      () => this.#concatenate(x),
      () => this.#add('Prelu', [x, this.#constant([x.shape.at(-1) ?? 1])], {}, x.shape),
      () => this.#reshape(x),
      () => this.#flatten(x),
      () => this.#split(x),
      () => this.#round(x),
      () => this.#sum(x),
      () => this.#swish(x),
    ];
    if (x.shape.length === 2)
      steps.push(
        () => this.#product(x),
        () => this.#product(x),
        () => this.#add('Softmax', [x], {}, x.shape),
      );
    if (x.shape.length === 4) {
      steps.push(
        ...[
          () => this.#convolution(x),
          () => this.#convolution(x),
          () => this.#depthwise(x),
          () => this.#pool(x),
        ],
        ...[() => this.#pad(x), () => this.#norm(x), () => this.#mean(x), () => this.#transpose(x)],
      );
    }
    random.pick(steps)();
  }

  #add(
    op: string,
    inputs: readonly (Value | string)[],
    attributes: Readonly<Record<string, Attribute>>,
    shape: readonly number[],
  ): void {
    if (sizeOf(shape) > 4000 || shape.some((size) => size < 1)) return;
    const name = `node${this.#values.length}`;
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    this.#readAll(names);
    this.#nodes[name] = { op, inputs: names, attributes };
    this.#values.push({ name, shape });
  }

  #constant(shape: readonly number[], kind: 'any' | 'positive' | 'sparse' = 'any'): string {
    const random = this.#random;
    const name = `constant${Object.keys(this.#constants).length}`;
    const fanIn = Math.max(1, sizeOf(shape) / (shape.at(-1) ?? 1));
    const density = random.pick([0, 0.1, 0.4, 1]);
    const values = Array.from({ length: sizeOf(shape) }, () => {
      if (kind === 'positive') return 0.3 + random.next();
      if (kind === 'any') return 2 * random.next() - 1;
      return random.chance(density) ? (1.5 * (2 * random.next() - 1)) / Math.sqrt(fanIn * density) : 0;
    });
    this.#constants[name] = { shape, values };
    return name;
  }

  #integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const name = `constant${Object.keys(this.#constants).length}`;
    this.#constants[name] = { shape, values, dtype: 'int32' };
    return name;
  }

  /** With a constant, on either side. */
  #arithmetic(x: Value): void {
    const random = this.#random;
    const channels = x.shape.at(-1) ?? 1;
    const op = random.pick(['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'BiasAdd']);
    const shape = random.pick<readonly number[]>([
      [channels],
      [channels],
      [],
      [1],
      x.shape.slice(1),
      x.shape.map((_, axis) => (axis === x.shape.length - 1 ? channels : 1)),
    ]);
    if (op === 'BiasAdd') {
      this.#add(op, [x, this.#constant([channels])], {}, x.shape);
      return;
    }
    const constant = this.#constant(shape, 'positive');
    const isLeft = random.chance(0.3) && op !== 'RealDiv';
    this.#add(op, isLeft ? [constant, x] : [x, constant], {}, x.shape);
  }

  #pair(x: Value): void {
    const random = this.#random;
    const fitting = this.#values.filter(({ shape }) => broadcast(x.shape, shape) !== undefined);
    const alike = fitting.filter(({ shape }) => shape.length === x.shape.length);
    const other = random.pick(random.chance(0.8) ? alike : fitting);
    const op = random.pick(['Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum']);
    const isTurned = random.chance(0.5);
    this.#add(op, isTurned ? [other, x] : [x, other], {}, broadcast(x.shape, other.shape) ?? []);
  }

  #concatenate(x: Value): void {
    const random = this.#random;
    const axis = random.pick([x.shape.length - 1, -1, 1]);
    const at = axis < 0 ? axis + x.shape.length : axis;
    const rest = (shape: readonly number[]) => `${shape.length}:${shape.filter((_, index) => index !== at)}`;
    const others = random.shuffled(this.#values.filter(({ shape }) => rest(shape) === rest(x.shape)));
    const parts = [x, ...others].slice(0, random.integer(1, 3));
    const size = parts.reduce((sum, { shape }) => sum + (shape[at] ?? 0), 0);
    const shape = x.shape.map((old, index) => (index === at ? size : old));
    this.#add('ConcatV2', [...parts, this.#integers([axis], [])], { N: { int: parts.length } }, shape);
  }

  #reshape(x: Value): void {
    const random = this.#random;
    const [batch = 1] = x.shape;
    const channels = x.shape.at(-1) ?? 1;
    const perImage = sizeOf(x.shape.slice(1));
    const target = random.pick([
      [-1, perImage],
      [batch, perImage],
      [-1, perImage / channels, 1, channels],
      [batch, -1],
      [batch, 1, -1, channels],
    ]);
    const known = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
    const shape = target.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
    this.#add('Reshape', [x, this.#integers(target)], {}, shape);
  }

  /** As Keras writes it: to [shape(x)[0], rest]. */
  #flatten(x: Value): void {
    const perImage = sizeOf(x.shape.slice(1));
    const name = `flatten${this.#values.length}`;
    const one = this.#integers([1]);
    this.#nodes[`${name}/shape`] = { op: 'Shape', inputs: [x.name] };
    this.#nodes[`${name}/batch`] = {
      op: 'StridedSlice',
      inputs: [`${name}/shape`, this.#integers([0]), one, one],
      attributes: { shrink_axis_mask: { int: 1 } },
    };
    this.#nodes[`${name}/target`] = {
      op: 'Pack',
      inputs: [`${name}/batch`, this.#integers([perImage], [])],
      attributes: { N: { int: 2 }, axis: { int: 0 } },
    };
    for (const node of ['shape', 'batch', 'target']) this.#readAll(this.#nodes[`${name}/${node}`]?.inputs);
    this.#add('Reshape', [x, `${name}/target`], {}, [x.shape[0] ?? 1, perImage]);
  }

  /** Two outputs of one node, both of which may be read. */
  #split(x: Value): void {
    const channels = x.shape.at(-1) ?? 1;
    if (channels % 2 === 1) return;
    const shape = [...x.shape.slice(0, -1), channels / 2];
    const axis = this.#integers([x.shape.length - 1], []);
    this.#add('Split', [axis, x], { num_split: { int: 2 } }, shape);
    const name = this.#values.at(-1)?.name ?? '';
    if (this.#nodes[name]?.op === 'Split') this.#values.push({ name: `${name}:1`, shape });
  }

  /** To whole numbers and back. */
  #round(x: Value): void {
    const name = `round${this.#values.length}`;
    const [float, int] = [{ type: 'DT_FLOAT' }, { type: 'DT_INT32' }];
    this.#nodes[name] = { op: 'Cast', inputs: [x.name], attributes: { SrcT: float, DstT: int } };
    this.#readAll([x.name]);
    this.#add('Cast', [name], { SrcT: int, DstT: float, T: int }, x.shape);
  }

  /** x times its sigmoid, or that of something else. */
  #swish(x: Value): void {
    const random = this.#random;
    const same = this.#values.filter(({ shape }) => `${shape}` === `${x.shape}`);
    this.#add('Sigmoid', [random.chance(0.8) ? x : random.pick(same)], {}, x.shape);
    const gate = this.#values.at(-1);
    if (gate === undefined || `${gate.shape}` !== `${x.shape}`) return;
    this.#add('Mul', random.chance(0.5) ? [x, gate] : [gate, x], {}, x.shape);
  }

  #sum(x: Value): void {
    const same = this.#values.filter(({ shape, name }) => `${shape}` === `${x.shape}` && name !== x.name);
    const parts = [x, ...this.#random.shuffled(same)].slice(0, 3);
    this.#add('AddN', parts, { N: { int: parts.length } }, x.shape);
  }

  #readAll(names: readonly string[] = []): void {
    for (const name of names) this.#read.add(name.replace(/:.*/, ''));
  }

  #product(x: Value): void {
    const random = this.#random;
    const rows = x.shape[1] ?? 1;
    const columns = random.integer(1, 20);
    const isTransposed = random.chance(0.3);
    const matrix = this.#constant(isTransposed ? [columns, rows] : [rows, columns], 'sparse');
    const attributes: Record<string, Attribute> = isTransposed ? { transpose_b: { bool: true } } : {};
    const shape = [x.shape[0] ?? 1, columns];
    if (random.chance(0.5)) this.#add('MatMul', [x, matrix], attributes, shape);
    else this.#fused('_FusedMatMul', [x, matrix], attributes, columns, shape);
  }

  #fused(
    op: string,
    inputs: readonly (Value | string)[],
    attributes: Readonly<Record<string, Attribute>>,
    channels: number,
    shape: readonly number[],
  ): void {
    const random = this.#random;
    const all = op.startsWith('FusedDepthwise')
      ? activations.filter((each) => each !== 'LeakyRelu')
      : activations;
    const activation = random.chance(0.7) ? random.pick(all) : undefined;
    const ops = ['BiasAdd', ...(activation === undefined ? [] : [activation])];
    this.#add(
      op,
      [
        ...inputs,
        this.#constant([channels]),
        ...(activation === 'Prelu' ? [this.#constant([channels])] : []),
      ],
      {
        ...attributes,
        fused_ops: { texts: ops },
        num_args: { int: activation === 'Prelu' ? 2 : 1 },
        leakyrelu_alpha: { float: 0.3 },
      },
      shape,
    );
  }

  #window(x: Value, size: readonly [number, number], canDilate = true, canBeExplicit = true) {
    const random = this.#random;
    const [, height = 1, width = 1] = x.shape;
    const pair = (most: number): [number, number] => [random.integer(1, most), random.integer(1, most)];
    const stride = random.integer(1, 3);
    const strides: [number, number] = canDilate && random.chance(0.5) ? pair(3) : [stride, stride];
    const dilations: [number, number] = canDilate && Math.max(...strides) === 1 ? pair(2) : [1, 1];
    const kind = random.pick(['SAME', 'VALID', ...(canBeExplicit ? ['EXPLICIT'] : [])]);
    const [top, bottom, left, right] = [0, 1, 2, 3].map(() => random.integer(0, 2)) as [
      number,
      number,
      number,
      number,
    ];
    const padding = kind === 'SAME' ? 'same' : kind === 'VALID' ? 'valid' : { top, bottom, left, right };
    const { outHeight, outWidth } = placeWindow(
      { size, strides, dilations, padding } as never,
      height,
      width,
    );
    const attributes: Record<string, Attribute> = {
      ...nhwc,
      strides: { ints: [1, ...strides, 1] },
      dilations: { ints: [1, ...dilations, 1] },
      padding: { text: kind },
      ...(kind === 'EXPLICIT' && { explicit_paddings: { ints: [0, 0, top, bottom, left, right, 0, 0] } }),
    };
    return { attributes, outHeight, outWidth };
  }

  #size(): [number, number] {
    const random = this.#random;
    return random.pick([
      [1, 1],
      [3, 3],
      [random.integer(1, 4), random.integer(1, 4)],
    ]);
  }

  #convolution(x: Value): void {
    const size = this.#size();
    const filters = this.#random.integer(1, 18);
    const { attributes, outHeight, outWidth } = this.#window(x, size);
    const shape = [x.shape[0] ?? 1, outHeight, outWidth, filters];
    const filter = this.#constant([...size, x.shape[3] ?? 1, filters], 'sparse');
    if (this.#random.chance(0.5)) this.#add('Conv2D', [x, filter], attributes, shape);
    else this.#fused('_FusedConv2D', [x, filter], attributes, filters, shape);
  }

  #depthwise(x: Value): void {
    const size = this.#size();
    const multiplier = this.#random.pick([1, 1, 2]);
    const channels = (x.shape[3] ?? 1) * multiplier;
    // tfjs takes one stride for both axes here, and no explicit padding.
    const { attributes, outHeight, outWidth } = this.#window(x, size, false, false);
    const shape = [x.shape[0] ?? 1, outHeight, outWidth, channels];
    const filter = this.#constant([...size, x.shape[3] ?? 1, multiplier]);
    if (this.#random.chance(0.5)) this.#add('DepthwiseConv2dNative', [x, filter], attributes, shape);
    else this.#fused('FusedDepthwiseConv2dNative', [x, filter], attributes, channels, shape);
  }

  #pool(x: Value): void {
    const size = this.#size();
    const { attributes, outHeight, outWidth } = this.#window(x, size, false, false);
    const op = this.#random.pick(['MaxPool', 'AvgPool']);
    const shape = [x.shape[0] ?? 1, outHeight, outWidth, x.shape[3] ?? 1];
    this.#add(op, [x], { ...attributes, ksize: { ints: [1, ...size, 1] } }, shape);
  }

  #pad(x: Value): void {
    const [top, bottom, left, right] = [0, 1, 2, 3].map(() => this.#random.integer(0, 2)) as [
      number,
      number,
      number,
      number,
    ];
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    const paddings = this.#integers([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
    this.#add('Pad', [x, paddings], {}, [batch, top + height + bottom, left + width + right, channels]);
  }

  #norm(x: Value): void {
    const channels = [x.shape[3] ?? 1];
    const inputs = [
      x,
      this.#constant(channels),
      this.#constant(channels),
      this.#constant(channels),
      this.#constant(channels, 'positive'),
    ];
    this.#add(
      'FusedBatchNormV3',
      inputs,
      { ...nhwc, epsilon: { float: 0.001 }, is_training: { bool: false } },
      x.shape,
    );
  }

  #mean(x: Value): void {
    const random = this.#random;
    const keeps = random.chance(0.5);
    const [batch = 1, , , channels = 1] = x.shape;
    const axes = this.#integers(
      random.pick([
        [1, 2],
        [2, 1],
        [-3, -2],
      ]),
    );
    const shape = keeps ? [batch, 1, 1, channels] : [batch, channels];
    this.#add(random.pick(['Mean', 'Mean', 'Max']), [x, axes], { keep_dims: { bool: keeps } }, shape);
  }

  #transpose(x: Value): void {
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    this.#add('Transpose', [x, this.#integers([0, 2, 1, 3])], {}, [batch, width, height, channels]);
  }
}
