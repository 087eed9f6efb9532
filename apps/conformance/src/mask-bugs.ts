import type { MaskCase, Pattern } from './mask-cases.js';
import { seeded } from './random.js';

/** A weight that tfmot masks wrongly or not at all. */
export type WrongCase = MaskCase & {
  readonly tfmotBug: string;
  /** The right mask, where it is short enough to be written down; else a plain numpy program computes it. */
  readonly expected?: readonly number[];
};

const misaligned =
  'blocks that do not divide the shape: pooling pads on both sides, the expansion starts at the top left, and so the mask is shifted';
const gridOfOne = 'a single block in one direction: the pooled weights lose that axis, and pruning crashes';
const denormals =
  'denormal weights count as zeros: TensorFlow flushes them, so all of them tie, and all are kept';
const rankTwo = 'block pruning refuses convolutions';
const rankFour = 'N:M refuses weights that are not of rank 2 or 4, such as those of Conv1D';

const random = seeded(2);
const normal = (length: number) => Float32Array.from({ length }, () => random.normal());

const blocks = (
  shape: readonly [number, number],
  block: readonly [number, number],
  pooling: 'avg' | 'max',
  tfmotBug: string,
): WrongCase => ({
  kind: 'block',
  block,
  pooling,
  name: `${pooling} of ${block.join('x')} blocks, ${shape.join('x')}`,
  shape,
  weightKind: 'dense',
  sparsity: 0.5,
  values: normal(shape[0] * shape[1]),
  tfmotBug,
});

const written = (
  pattern: Pattern,
  name: string,
  shape: readonly number[],
  values: readonly number[],
  expected: readonly number[],
  tfmotBug: string,
): WrongCase => ({
  ...pattern,
  name,
  shape,
  weightKind: shape.length === 2 ? 'dense' : 'conv',
  sparsity: 0.5,
  values: Float32Array.from(values),
  expected,
  tfmotBug,
});

export const wrongCases: readonly WrongCase[] = [
  blocks([6, 6], [4, 4], 'max', misaligned),
  blocks([6, 6], [4, 4], 'avg', misaligned),
  blocks([7, 9], [4, 4], 'max', misaligned),
  blocks([10, 13], [3, 5], 'avg', misaligned),
  blocks([17, 21], [8, 4], 'max', misaligned),
  blocks([4, 8], [4, 2], 'avg', gridOfOne),
  blocks([8, 3], [2, 3], 'max', gridOfOne),
  blocks([3, 12], [4, 4], 'avg', gridOfOne),
  blocks([1, 8], [1, 2], 'max', gridOfOne),
  written(
    { kind: 'magnitude' },
    'denormals only',
    [2, 4],
    [1e-40, -2e-40, 3e-40, 4e-40, -5e-40, 6e-40, 7e-40, 8e-40],
    [0, 0, 0, 0, 1, 1, 1, 1],
    denormals,
  ),
  written(
    { kind: 'magnitude' },
    'a denormal at the threshold',
    [1, 6],
    [1, 0, -1e-40, 2, 2e-40, 0],
    [1, 0, 0, 1, 1, 0],
    denormals,
  ),
  written(
    { kind: 'block', block: [2, 1], pooling: 'max' },
    'max of 2x1 blocks, convolution 1x2x2x2',
    [1, 2, 2, 2],
    [1, 8, 2, 0, 7, 3, 0, 4],
    [0, 1, 0, 1, 1, 0, 1, 0],
    rankTwo,
  ),
  written(
    { kind: 'nm', zerosOf: [2, 4] },
    '2 zeros of 4, Conv1D 2x4x1',
    [2, 4, 1],
    [1, -4, 3, 2, 5, 5, 0, 5],
    [0, 1, 1, 0, 1, 1, 0, 0],
    rankFour,
  ),
];
