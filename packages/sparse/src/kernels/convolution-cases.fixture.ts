import { type Activation, linear } from '../graph/activation.js';
import type { Graph } from '../graph/graph.js';
import type { Convolution } from '../graph/operation.js';
import type { Shape } from '../graph/shape.js';
import { type FilterShape, Weights } from '../graph/weights.js';
import type { Window } from '../graph/window.js';

/** A convolution of made-up values. */
export interface ConvolutionCase {
  /** [batch, height, width, channels] */
  readonly input: Shape;
  readonly filter: readonly [height: number, width: number, outChannels: number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly padding?: Window['padding'];
  readonly activation?: Activation['kind'];
  /** The share of blocks of `block` output channels that are zeros. */
  readonly sparsity?: number;
  readonly block?: number;
  readonly hasBias?: boolean;
  readonly seed?: number;
}

/** The graph of a convolution, and values for its input. */
export function convolutionGraph(options: ConvolutionCase): { graph: Graph; values: Float32Array } {
  const {
    input,
    filter,
    strides = [1, 1],
    dilations = [1, 1],
    padding = 'same',
    activation = 'relu',
  } = options;
  const { sparsity = 0.7, block = 8, hasBias = true, seed = 1 } = options;
  const random = randomNumbers(seed);
  const [height, width, outChannels] = filter;
  const inChannels = input[3] ?? 1;
  const shape: FilterShape = [height, width, inChannels, outChannels];
  const weights = new Float32Array(height * width * inChannels * outChannels);
  for (let first = 0; first < weights.length; first += outChannels) {
    for (let channel = 0; channel < outChannels; channel += block) {
      if (random() < sparsity) continue;
      const end = first + Math.min(outChannels, channel + block);
      for (let at = first + channel; at < end; at += 1) weights[at] = 2 * random() - 1;
    }
  }
  const operation: Convolution = {
    kind: 'convolution',
    weights: new Weights(weights, shape),
    window: { size: [height, width], strides, dilations, padding },
    activation: activationOf(activation, outChannels, random),
    ...(hasBias && { bias: Float32Array.from({ length: outChannels }, () => 2 * random() - 1) }),
  };
  const values = Float32Array.from({ length: input.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1);
  return { graph: singleGraph(operation), values };
}

/** A graph of one operation. */
export function singleGraph(operation: Convolution): Graph {
  return { nodes: [{ name: 'layer', operation, inputs: [0], output: 1 }], inputs: [0], outputs: [1] };
}

function activationOf(kind: Activation['kind'], channels: number, random: () => number): Activation {
  if (kind === 'prelu') return { kind, slopes: Float32Array.from({ length: channels }, random) };
  if (kind === 'leakyRelu' || kind === 'elu') return { kind, alpha: 0.3 };
  return kind === 'linear' ? linear : { kind };
}

/** Numbers from 0 to 1, always the same ones: a linear congruential generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
