import { type ChannelRule, registerChannelRule } from '@secateur/structure';
import {
  add,
  matMul,
  mean,
  mul,
  reshape,
  serialization,
  softmax,
  type Tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { initializers, layers, type Shape } from '@tensorflow/tfjs-layers';

type LayerArgs = ConstructorParameters<typeof layers.Layer>[0];
interface HeadsArgs {
  readonly heads: number;
  readonly headSize: number;
  readonly width: number;
}

/** Self-attention with several heads, each of `headSize` columns of three kernels. */
export class Heads extends layers.Layer {
  static readonly className = 'Heads';
  readonly #args: HeadsArgs;

  constructor(args: HeadsArgs & LayerArgs) {
    super(args);
    const { heads, headSize, width } = args;
    this.#args = { heads, headSize, width };
  }

  override build(shape: Shape | Shape[]): void {
    const { heads, headSize, width } = this.#args;
    const columns = heads * headSize;
    const size = (shape as Shape).at(-1) as number;
    const variable = (name: string, weightShape: Shape) =>
      this.addWeight(name, weightShape, 'float32', initializers.zeros());
    for (const name of ['query', 'key', 'value']) {
      variable(name, [size, columns]);
      variable(`${name}_bias`, [columns]);
    }
    variable('output', [columns, width]);
    variable('output_bias', [width]);
    this.built = true;
  }

  override computeOutputShape(shape: Shape | Shape[]): Shape {
    return [...(shape as Shape).slice(0, -1), this.#args.width];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const { heads, headSize, width } = this.#args;
    return tidy(() => {
      const x = [inputs].flat()[0] as Tensor;
      const [batch, steps, size] = x.shape as [number, number, number];
      const read = (name: string): Tensor => {
        const found = this.weights.find(({ originalName }) => originalName.endsWith(`/${name}`));
        return found?.read() as Tensor;
      };
      const flat = reshape(x, [batch * steps, size]);
      const perHead = (name: string): Tensor => {
        const columns = add(matMul(flat, read(name)), read(`${name}_bias`));
        return transpose(reshape(columns, [batch, steps, heads, headSize]), [0, 2, 1, 3]);
      };
      const scores = mul(matMul(perHead('query'), perHead('key'), false, true), 1 / Math.sqrt(headSize));
      const mixed = matMul(softmax(scores), perHead('value'));
      const rows = reshape(transpose(mixed, [0, 2, 1, 3]), [batch * steps, heads * headSize]);
      return reshape(add(matMul(rows, read('output')), read('output_bias')), [batch, steps, width]);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#args };
  }
}

/** A unit is a head: its columns of the query, key and value, and its rows of the output, go together. */
const headsRule: ChannelRule = ({ config, inputs: [x], outputShapes: [shape] }, context) => {
  if (x === undefined || shape === undefined) return { outputs: [] };
  const heads = context.fresh(Number(config.heads));
  const size = Number(config.headSize);
  const columns = Int32Array.from(
    { length: heads.length * size },
    (_, i) => heads[Math.floor(i / size)] as number,
  );
  const features = x.axes[2];
  const width = context.fresh(Number(config.width));
  const reads = features ? { role: 'in' as const, channels: features } : null;
  const makes = { role: 'out' as const, channels: columns };
  return {
    outputs: [{ shape, axes: [null, x.axes[1] ?? null, width] }],
    units: heads,
    weights: {
      query: [reads, makes],
      query_bias: [makes],
      key: [reads, makes],
      key_bias: [makes],
      value: [reads, makes],
      value_bias: [makes],
      output: [
        { role: 'in', channels: columns },
        { role: 'out', channels: width },
      ],
      output_bias: [{ role: 'out', channels: width }],
    },
    config: { heads, width },
  };
};

/** A layer of which nothing is known. */
export class Opaque extends layers.Layer {
  static readonly className = 'Opaque';

  override computeOutputShape(shape: Shape | Shape[]): Shape | Shape[] {
    return shape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = [inputs].flat()[0] as Tensor;
    return tidy(() => mul(x, mean(x, -1, true)));
  }
}

serialization.registerClass(Heads);
serialization.registerClass(Opaque);
registerChannelRule(Heads.className, headsRule);
