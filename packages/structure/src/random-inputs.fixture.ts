import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import type { RandomGraph } from './random-graph.fixture.js';
import { upTo } from './random-step.fixture.js';
import { randomSource } from './random-weights.fixture.js';

/** An input of a random model. */
export type InputRecipe =
  | { readonly kind: 'dense'; readonly shape: readonly number[]; readonly isChannelsFirst: boolean }
  | { readonly kind: 'sequence'; readonly features: number }
  | {
      readonly kind: 'tokens';
      readonly encoding: 'embedding' | 'masked' | 'multiHot' | 'count' | 'oneHot';
      readonly rows: number;
      readonly vocabulary: number;
      readonly width: number;
      readonly isInteger: boolean;
    };

const space = fc.integer({ min: 3, max: 6 });

/** Random inputs: vectors, sequences, images, volumes and tokens. */
export const inputRecipe: fc.Arbitrary<InputRecipe> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('dense' as const),
      shape: fc.tuple(space, space, upTo(4)),
      isChannelsFirst: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('dense' as const),
      shape: fc.tuple(fc.integer({ min: 2, max: 6 })),
      isChannelsFirst: fc.constant(false),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sequence' as const), features: upTo(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('dense' as const),
      shape: fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 3, max: 4 }), space, upTo(3)),
      isChannelsFirst: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('tokens' as const),
      encoding: fc.constantFrom('embedding', 'embedding', 'masked', 'multiHot', 'count', 'oneHot'),
      rows: fc.constantFrom(1, 1, 2),
      vocabulary: fc.integer({ min: 2, max: 7 }),
      width: upTo(5),
      isInteger: fc.boolean(),
    }),
  },
);

/** Adds an input to a graph, with what turns tokens into channels. Returns the input itself. */
export function addInput(graph: RandomGraph, recipe: InputRecipe): SymbolicTensor {
  const { time } = graph.context;
  const name = graph.name('input');
  if (recipe.kind === 'sequence') {
    const x = input({ shape: [time, recipe.features], name });
    graph.offer(x);
    return x;
  }
  if (recipe.kind === 'dense') {
    const sizes = [...recipe.shape];
    const x = input({
      shape: recipe.isChannelsFirst ? [...sizes.slice(-1), ...sizes.slice(0, -1)] : sizes,
      name,
    });
    graph.offer(recipe.isChannelsFirst ? graph.setFormat(x, 'channelsFirst') : x);
    return x;
  }
  const { encoding, rows, vocabulary, width, isInteger } = recipe;
  const dtype = isInteger ? 'int32' : 'float32';
  if (encoding === 'embedding' || encoding === 'masked') {
    const maskZero = encoding === 'masked' && graph.context.isMasked;
    const x = input({ shape: rows === 1 || maskZero ? [time] : [rows, time], name, dtype });
    graph.offer(graph.add(l.embedding, { inputDim: vocabulary, outputDim: width, maskZero }, x));
    return x;
  }
  const count = encoding === 'oneHot' ? 1 : time;
  const x = input({ shape: [count], name, dtype });
  // tfjs overwrites the shape of the symbolic tensor that it encodes: let nothing else use it.
  const own = graph.add(l.reshape, { targetShape: [count] }, x);
  graph.offer(graph.add(l.categoryEncoding, { numTokens: vocabulary, outputMode: encoding }, own));
  return x;
}

/** Random data for a model's inputs, by the recipes of these: whole numbers where there are tokens, some steps all zero. */
export function inputData(
  model: LayersModel,
  recipes: readonly InputRecipe[],
  batch: number,
  seed: number,
): tf.Tensor[] {
  const random = randomSource(seed);
  return model.inputs.map(({ shape, dtype }, index) => {
    const recipe = recipes[index] as InputRecipe;
    const sizes = [batch, ...(shape.slice(1) as number[])];
    const count = sizes.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: count }, () =>
      recipe.kind === 'tokens' ? Math.floor(random() * recipe.vocabulary) : 2 * random() - 1,
    );
    if (recipe.kind === 'sequence') {
      for (let at = 0; at < count; at += recipe.features) {
        if (random() < 0.25) values.fill(0, at, at + recipe.features);
      }
    }
    return tf.tensor(values, sizes, dtype);
  });
}
