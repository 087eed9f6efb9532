import fc from 'fast-check';
import type { Graph } from '../graph/graph.js';
import type { Convolution } from '../graph/operation.js';
import { type Padding, placeWindow, type Window } from '../graph/window.js';
import { type ActivationKind, activationKinds, activationOf } from './activations.fixture.js';
import { floats, inputOf, type NumberKind, numberKinds, spoil, weightOf } from './numbers.fixture.js';
import { type Pattern, patterned, patterns } from './patterns.fixture.js';
import type { Tensor32 } from './poisoned-memory.fixture.js';
import { Random } from './random.fixture.js';

/** A convolution, but for what follows from the seed. */
export interface ConvolutionCase {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly window: Window;
  readonly pattern: Pattern;
  readonly numbers: NumberKind;
  readonly activation: ActivationKind;
  readonly hasBias: boolean;
  readonly isSpoilt: boolean;
  readonly seed: number;
}

const channels = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 3) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 34 }) },
  { weight: 2, arbitrary: fc.constantFrom(4, 8, 16, 24, 32, 40) },
  { weight: 1, arbitrary: fc.integer({ min: 35, max: 300 }) },
);
const pair = (most: number) =>
  fc.oneof(
    fc.constant<[number, number]>([1, 1]),
    fc.integer({ min: 1, max: most }).map((size): [number, number] => [size, size]),
    fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most })),
  );
const pad = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) },
);
const padding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constant('same' as const),
  fc.constant('valid' as const),
  fc.record({ top: pad, bottom: pad, left: pad, right: pad }),
);
const window: fc.Arbitrary<Window> = fc.record({
  size: fc.oneof(
    { weight: 1, arbitrary: fc.constant<[number, number]>([1, 1]) },
    { weight: 3, arbitrary: pair(5) },
    { weight: 1, arbitrary: pair(8) },
  ),
  strides: fc.oneof({ weight: 9, arbitrary: pair(4) }, { weight: 1, arbitrary: pair(11) }),
  dilations: fc.oneof(
    { weight: 10, arbitrary: fc.constant<[number, number]>([1, 1]) },
    { weight: 5, arbitrary: pair(3) },
    { weight: 1, arbitrary: pair(9) },
  ),
  padding,
});
/** An axis of an image. */
const side = fc.oneof(
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 14 }) },
  { weight: 1, arbitrary: fc.integer({ min: 15, max: 70 }) },
  { weight: 1, arbitrary: fc.integer({ min: 71, max: 400 }) },
);

/** The most products of a case: the reference computes all of them one by one. */
const mostProducts = 150_000;

export const convolutionCase: fc.Arbitrary<ConvolutionCase> = fc
  .record({
    batch: fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }) },
    ),
    height: side,
    width: side,
    inChannels: channels,
    outChannels: channels,
    window,
    pattern: fc.constantFrom(...patterns),
    numbers: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom<NumberKind>('usual', 'integers') },
      { weight: 2, arbitrary: fc.constantFrom(...numberKinds) },
    ),
    activation: fc.constantFrom(...activationKinds),
    hasBias: fc.boolean(),
    isSpoilt: fc.boolean(),
    seed: fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
  })
  .map((drawn) => affordable({ ...drawn, isSpoilt: drawn.isSpoilt && drawn.seed % 4 === 0 }));

/** A case with fewer positions, and then fewer channels, where there are too many products. */
function affordable(drawn: ConvolutionCase): ConvolutionCase {
  const made = { ...drawn };
  for (;;) {
    const { outHeight, outWidth } = placeWindow(made.window, made.height, made.width);
    const taps = made.window.size[0] * made.window.size[1];
    const products =
      made.batch * Math.max(1, outHeight) * Math.max(1, outWidth) * taps * made.inChannels * made.outChannels;
    if (products <= mostProducts) return made;
    if (made.batch > 1) made.batch -= 1;
    else if (made.height >= made.width && made.height > 2) made.height = Math.ceil(made.height / 2);
    else if (made.width > 2) made.width = Math.ceil(made.width / 2);
    else if (made.inChannels >= made.outChannels) made.inChannels = Math.ceil(made.inChannels / 2);
    else made.outChannels = Math.ceil(made.outChannels / 2);
  }
}

export interface MadeCase {
  readonly graph: Graph;
  readonly operation: Convolution;
  readonly input: Tensor32;
  readonly inputs: readonly Tensor32[];
  /** Whether nothing is rounded. */
  readonly isExact: boolean;
}

/** The graph of one convolution, and its input. */
export function makeConvolution(drawn: ConvolutionCase): MadeCase {
  const random = new Random(drawn.seed);
  const { batch, height, width, inChannels, outChannels, window, numbers } = drawn;
  const operation: Convolution = {
    kind: 'convolution',
    window,
    weights: patterned([...window.size, inChannels, outChannels], drawn.pattern, numbers, random),
    activation: activationOf(drawn.activation, outChannels, random),
    ...(drawn.hasBias && {
      bias: floats(outChannels, () => (random.chance(0.1) ? -0 : weightOf(numbers, random))),
    }),
  };
  const shape = [batch, height, width, inChannels];
  const values = floats(batch * height * width * inChannels, () => inputOf(numbers, random));
  if (drawn.isSpoilt) spoil(values, random);
  const isHeavy = ['elu', 'sigmoid', 'tanh', 'swish'].includes(drawn.activation);
  const input = { shape, values };
  return {
    operation,
    input,
    inputs: [input],
    graph: { nodes: [{ name: 'conv', operation, inputs: [0], output: 1 }], inputs: [0], outputs: [1] },
    isExact: numbers === 'integers' && !isHeavy && !drawn.isSpoilt,
  };
}

/** Whether the window fits at all. */
export function fits({
  window,
  height,
  width,
}: Pick<ConvolutionCase, 'window' | 'height' | 'width'>): boolean {
  const { outHeight, outWidth } = placeWindow(window, height, width);
  return outHeight >= 1 && outWidth >= 1;
}
