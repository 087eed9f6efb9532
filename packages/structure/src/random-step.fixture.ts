import { layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { elements, type RandomGraph } from './random-graph.fixture.js';

/** One step of a recipe: it adds one or more layers to a graph. */
export interface Step {
  readonly kind: string;
  /** Which tensor it goes on from, counted back from the newest one that suits it. */
  readonly on: number;
  readonly [option: string]: unknown;
}

/** A kind of step: its random options and what it does. */
export interface StepKind {
  readonly options: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  run(graph: RandomGraph, step: Step): void;
}

type Options<A> = { readonly [K in keyof A]: A[K] extends fc.Arbitrary<infer T> ? T : never };

/** How a kind of step does its work. */
interface StepWork<A> {
  /** The ranks, batch axis included, that it goes on from. A tensor of another rank is brought to the first. */
  readonly ranks: readonly number[];
  readonly options: A;
  /** Whether it needs a graph that may branch. */
  readonly branches?: boolean;
  /** Returns the new tensors, or nothing where the step doesn't suit the tensor. */
  add(
    graph: RandomGraph,
    x: SymbolicTensor,
    options: Options<A>,
    step: Step,
  ): SymbolicTensor | SymbolicTensor[] | undefined;
}

/** Elements an example may have in one tensor. */
const most = 400;

/** Puts a kind of step together. A step that doesn't suit its tensor adds nothing. */
export function stepKind<A extends Record<string, fc.Arbitrary<unknown>>>(work: StepWork<A>): StepKind {
  return {
    options: work.options,
    run(graph, step) {
      if (work.branches && graph.isLinear) return;
      const suits = (tensor: SymbolicTensor) => work.ranks.includes(tensor.shape.length);
      if (graph.pick(step.on, suits) === undefined)
        graph.offer(...inRank(graph, work.ranks[0] as number, step.on));
      const x = graph.pick(step.on, suits);
      if (x === undefined || elements(x) > most) return;
      graph.offer(...[work.add(graph, x, step as unknown as Options<A>, step) ?? []].flat());
    },
  };
}

/** The newest tensor, brought to a rank by reshaping, pooling or repeating. */
function inRank(graph: RandomGraph, rank: number, way: number): SymbolicTensor[] {
  const x = graph.newest;
  const sizes = x.shape.slice(1) as number[];
  const reshaped = (targetShape: number[]) => [graph.add(l.reshape, { targetShape }, x)];
  const ones = Array.from({ length: Math.max(0, rank - x.shape.length) }, () => 1);
  const channels = sizes.at(-1) as number;
  if (graph.format(x) === 'channelsFirst' && rank < x.shape.length) {
    return rank === 2 ? [graph.add(l.flatten, { dataFormat: 'channelsFirst' as const }, x)] : [];
  }
  if (rank === 2) {
    if (way % 2 === 0 || sizes.length === 4) return [graph.add(l.flatten, {}, x)];
    return [
      sizes.length === 2
        ? graph.add(l.globalAveragePooling1d, {}, x)
        : graph.add(l.globalMaxPooling2d, {}, x),
    ];
  }
  if (sizes.length === 1) {
    if (rank === 3 && way % 2 === 1) return [graph.add(l.repeatVector, { n: graph.context.time }, x)];
    const isEven = channels % 2 === 0;
    return reshaped(isEven && way % 3 === 0 ? [...ones.slice(1), 2, channels / 2] : [...ones, channels]);
  }
  if (rank > x.shape.length) return reshaped([sizes[0] as number, ...ones, ...sizes.slice(1)]);
  const merged = (sizes[0] as number) * (sizes[1] as number);
  if (rank === x.shape.length - 1) return reshaped([merged, ...sizes.slice(2)]);
  return reshaped([merged * (sizes[2] as number), channels]);
}

/** A random layer's filters or units. */
export const width: fc.Arbitrary<number> = fc.integer({ min: 1, max: 6 });
/** A window, a stride or a dilation. */
export const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
/** Padding of a convolution or a pooling. */
export const padding: fc.Arbitrary<'valid' | 'same'> = fc.constantFrom('valid', 'same');
/** A layer's activation, mostly one that leaves channels apart. Some are missing in tfjs's types. */
export const activation: fc.Arbitrary<'linear' | 'relu' | 'softmax'> = fc.constantFrom(
  ...['linear', 'relu', 'linear', 'relu', 'relu6', 'elu', 'selu', 'tanh', 'sigmoid', 'hardSigmoid'],
  ...['softplus', 'softsign', 'swish', 'mish', 'gelu', 'softmax', 'logSoftmax'],
) as fc.Arbitrary<'linear' | 'relu' | 'softmax'>;
/** Whether there is a bias, mostly. */
export const useBias: fc.Arbitrary<boolean> = fc.constantFrom(true, true, true, false);
/** Whether the layer is frozen, seldom. */
export const trainable: fc.Arbitrary<boolean> = fc.constantFrom(true, true, true, true, false);

/** A window that fits the tensor, and the padding to go with it. */
export function fitted(
  space: readonly number[],
  kernelSize: number,
  dilationRate: number,
  given: 'valid' | 'same',
): 'valid' | 'same' {
  const reach = (kernelSize - 1) * dilationRate + 1;
  return space.every((size) => size >= reach) ? given : 'same';
}
