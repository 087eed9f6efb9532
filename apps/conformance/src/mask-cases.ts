import type { Pooling, WeightKind } from '@secateur/masks';
import { type Random, seeded } from './random.js';

/** Which weights are pruned, in tfmot's terms. */
export type Pattern =
  | { readonly kind: 'magnitude' }
  | { readonly kind: 'block'; readonly block: readonly [number, number]; readonly pooling: Pooling }
  | { readonly kind: 'nm'; readonly zerosOf: readonly [zeros: number, group: number] };

/** One weight, and how it is pruned. */
export type MaskCase = Pattern & {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weightKind: WeightKind;
  readonly sparsity: number;
  readonly values: Float32Array;
};

const kindOf = (shape: readonly number[]): WeightKind =>
  shape.length === 2 ? 'dense' : shape.length === 4 ? 'conv' : 'other';

/** How the values of a random weight come about. */
const fillings = {
  normal: (random: Random) => random.normal(),
  small: (random: Random) => random.normal() * 1e-20,
  ties: (random: Random) => random.integer(-4, 4) / 8,
  zeros: (random: Random) => (random.uniform() < 0.5 ? 0 : random.normal()),
  /** Fewer than are pruned at a sparsity of at least 0.5. */
  denormals: (random: Random) => (random.uniform() < 0.2 ? random.normal() * 1e-40 : random.normal()),
} as const;

type Filling = keyof typeof fillings;

function filled(shape: readonly number[], filling: Filling, random: Random): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, () => fillings[filling](random));
}

function randomSparsity(random: Random, filling: Filling): number {
  const least = filling === 'denormals' ? 0.5 : 0;
  const listed = random.pick([0.5, 0.75, 0.8, 0.9, 0.95, 0.99]);
  return random.uniform() < 0.5 ? listed : least + random.uniform() * (0.999 - least);
}

function randomCase(number: number, pattern: Pattern, shape: readonly number[], random: Random): MaskCase {
  // tfmot takes denormals for zeros, which a pooled or a grouped weight would show.
  const usable = (Object.keys(fillings) as Filling[]).filter(
    (name) => pattern.kind === 'magnitude' || name !== 'denormals',
  );
  const filling = random.pick(usable);
  const sparsity =
    pattern.kind === 'nm' ? pattern.zerosOf[0] / pattern.zerosOf[1] : randomSparsity(random, filling);
  const how =
    pattern.kind === 'block'
      ? `${pattern.pooling} of ${pattern.block.join('x')} blocks`
      : pattern.kind === 'nm'
        ? pattern.zerosOf.join(' zeros of ')
        : 'magnitude';
  return {
    ...pattern,
    name: `#${number} ${how}, ${shape.join('x')}, ${filling}, sparsity ${Number(sparsity.toPrecision(4))}`,
    shape,
    weightKind: kindOf(shape),
    sparsity,
    values: filled(shape, filling, random),
  };
}

function magnitudeShape(random: Random): number[] {
  const rank = random.integer(1, 5);
  return Array.from({ length: rank }, () => random.integer(1, rank === 1 ? 400 : rank === 2 ? 48 : 7));
}

/** Shapes on which tfmot's pooling and its expansion meet: at least two blocks each way, none of them cut. */
function blockCase(random: Random): [Pattern, number[]] {
  const block = [random.integer(1, 5), random.integer(1, 5)] as const;
  const shape = block.map((size) => size * random.integer(2, 9));
  return [{ kind: 'block', block, pooling: random.pick(['avg', 'max']) }, shape];
}

function nmCase(random: Random): [Pattern, number[]] {
  const group = random.integer(2, 8);
  const shape =
    random.uniform() < 0.6
      ? [random.integer(1, 40), random.integer(1, 24)]
      : [random.integer(1, 3), random.integer(1, 3), random.integer(1, 20), random.integer(1, 9)];
  return [{ kind: 'nm', zerosOf: [random.integer(1, group - 1), group] }, shape];
}

/** Weights on which both sides must give the same mask to the bit: 280 by magnitude, 140 by block, 120 N:M. */
export function randomMaskCases(): MaskCase[] {
  const random = seeded(1);
  return Array.from({ length: 540 }, (_, i) => {
    if (i < 280) return randomCase(i, { kind: 'magnitude' }, magnitudeShape(random), random);
    const [pattern, shape] = i < 420 ? blockCase(random) : nmCase(random);
    return randomCase(i, pattern, shape, random);
  });
}
