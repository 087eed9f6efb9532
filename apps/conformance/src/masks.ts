import {
  block,
  countKept,
  intersectMasks,
  type Mask,
  MaskError,
  type MaskStrategy,
  magnitude,
  nm,
  strategyFromConfig,
  type Ties,
  unpackMask,
} from '@secateur/masks';
import { polynomialDecay } from '@secateur/schedules';
import { countDifferent } from './compare.js';
import { type WrongCase, wrongCases } from './mask-bugs.js';
import { type MaskCase, randomMaskCases } from './mask-cases.js';
import { askPeer } from './peer.js';
import type { Row } from './row.js';

interface Answer {
  readonly cases: readonly {
    /** Why tfmot gave no mask. */
    readonly error: string | null;
    /** How many weights numpy would keep by magnitude. */
    readonly keep: number;
  }[];
  readonly facts: Facts;
}

interface Facts {
  readonly nmSteps: readonly number[];
  readonly nmInConfig: boolean;
  readonly notFinite: readonly boolean[];
}

/** What Python says of a case: tfmot's mask, and numpy's where it was asked for. */
interface Theirs {
  readonly error: string | null;
  readonly keep: number;
  readonly tfmot: Uint8Array;
  readonly reference: Uint8Array;
}

function strategyOf(example: MaskCase, ties: Ties): MaskStrategy {
  switch (example.kind) {
    case 'magnitude':
      return magnitude({ ties });
    case 'block':
      return block({ blockSize: example.block, pooling: example.pooling, ties });
    case 'nm':
      return nm({ zeros: example.zerosOf[0], group: example.zerosOf[1] });
  }
}

function ourMask(example: MaskCase, ties: Ties): Mask {
  const { name, shape, weightKind, values, sparsity } = example;
  const weight = { name, shape, kind: weightKind, values };
  return strategyOf(example, ties).masks([weight], sparsity)[0] as Mask;
}

function randomRow(example: MaskCase, { error, tfmot }: Theirs): Row {
  const different = countDifferent(unpackMask(ourMask(example, 'keep')), tfmot);
  return {
    suite: 'masks',
    name: example.name,
    passed: error === null && different === 0,
    detail: error ?? `${different} of ${tfmot.length} bits differ`,
  };
}

/** With ties broken by index the count is exact, and nothing is kept that tfmot would not keep. */
function exactRow(examples: readonly MaskCase[], theirs: readonly Theirs[]): Row {
  const wrong = examples.filter((example, i) => {
    const exact = ourMask(example, 'index');
    const kept = countKept(exact);
    const inTfmots = countKept(intersectMasks(exact, ourMask(example, 'keep')));
    return kept !== theirs[i]?.keep || inTfmots !== kept;
  });
  const short = examples.filter(
    (_, i) => (theirs[i]?.keep ?? 0) < (theirs[i]?.tfmot.reduce((sum, bit) => sum + bit, 0) ?? 0),
  );
  return {
    suite: 'masks',
    name: 'ties broken by index: exactly k of n weights are kept',
    passed: wrong.length === 0 && examples.length > 0 && short.length > 0,
    detail: `${examples.length} weights, wrong in ${wrong.length} (${wrong.map(({ name }) => name).join('; ')}); tfmot keeps more than k in ${short.length}`,
    tfmotBug: 'weights equal to the threshold are all kept, so the sparsity falls short of the schedule',
  };
}

function wrongRow(example: WrongCase, { error, tfmot, reference }: Theirs): Row {
  const ours = unpackMask(ourMask(example, 'index'));
  const different = countDifferent(ours, example.expected ?? reference);
  const theirDifferent = countDifferent(tfmot, example.expected ?? reference);
  const answer = example.expected === undefined ? "numpy's answer" : 'the answer written down';
  return {
    suite: 'masks',
    name: example.name,
    passed: different === 0 && (error !== null || theirDifferent > 0),
    detail: `ours differs from ${answer} at ${different} of ${ours.length}; tfmot: ${error ?? `at ${theirDifferent}`}`,
    tfmotBug: example.tfmotBug,
  };
}

const groupOfFour = {
  name: 'w',
  kind: 'dense',
  shape: [4, 1],
  values: Float32Array.of(1, -4, 3, 2),
} as const;
const maskOf = (strategy: MaskStrategy, sparsity: number): string =>
  strategy.masks([groupOfFour], sparsity).map((mask) => unpackMask(mask).join(' '))[0] ?? '';

function factRows({ nmSteps, nmInConfig, notFinite }: Facts): Row[] {
  const schedule = polynomialDecay({
    initialSparsity: 0,
    finalSparsity: 0.5,
    beginStep: 0,
    endStep: 4,
    power: 1,
  });
  const following = [0, 1, 2, 3, 4].map((step) => maskOf(nm(), schedule.at(step).sparsity));
  const reloaded = maskOf(
    strategyFromConfig(nm({ zeros: 1, group: 4 }).getConfig?.() ?? { kind: 'none' }),
    0.5,
  );
  let refused = '';
  try {
    magnitude().masks(
      [{ ...groupOfFour, name: 'dense/kernel', values: Float32Array.of(1, Number.NaN, 3, 1) }],
      0.5,
    );
  } catch (error) {
    if (MaskError.isInstance(error)) refused = error.message;
  }
  return [
    {
      suite: 'masks',
      name: 'N:M follows its schedule',
      passed: following.join() === '1 1 1 1,1 1 1 1,0 1 1 1,0 1 1 1,0 1 1 0' && nmSteps.join() === '1',
      detail: `ours, from sparsity 0 to 0.5: ${following.join(', ')}; tfmot's schedule asks at steps 3 to 6, its masks are made at step ${nmSteps}`,
      tfmotBug: 'N:M ignores the schedule: the mask is made at step 1 and never again',
    },
    {
      suite: 'masks',
      name: 'N:M survives its config',
      passed: reloaded === '0 1 1 1' && !nmInConfig,
      detail: `ours from its config masks ${reloaded}; tfmot's config ${nmInConfig ? 'has' : 'lacks'} sparsity_m_by_n`,
      tfmotBug: 'N:M is not in get_config: a reloaded model prunes single weights',
    },
    {
      suite: 'masks',
      name: 'weights that are not finite are an error',
      passed: refused.includes('dense/kernel') && notFinite.length === 4,
      detail: `ours: ${refused}; tfmot masks [1, NaN, 3, inf] as ${notFinite.map(Number).join(' ')}`,
      tfmotBug: 'NaN and infinite weights are ranked without a word',
    },
  ];
}

/** The masks of both sides, bit for bit, and ours against answers of their own where tfmot is wrong. */
export async function masksSuite(python: string): Promise<Row[]> {
  const random = randomMaskCases();
  const examples: readonly (MaskCase | WrongCase)[] = [...random, ...wrongCases];
  const request = examples.map(({ values, ...example }) => ({
    ...example,
    reference: 'tfmotBug' in example && !('expected' in example),
  }));
  const { json, bytes } = await askPeer<Answer>(
    python,
    'masks.py',
    request,
    examples.map(({ values }) => values),
  );
  let position = 0;
  const take = (length: number): Uint8Array => {
    position += length;
    return new Uint8Array(bytes, position - length, length);
  };
  const theirs = examples.map(({ values: { length } }, i): Theirs => {
    const { error, keep } = json.cases[i] as Answer['cases'][number];
    return { error, keep, tfmot: take(length), reference: take(length) };
  });
  const byMagnitude = random.filter(({ kind }) => kind === 'magnitude');
  return [
    ...random.map((example, i) => randomRow(example, theirs[i] as Theirs)),
    exactRow(byMagnitude, theirs),
    ...wrongCases.map((example, i) => wrongRow(example, theirs[random.length + i] as Theirs)),
    ...factRows(json.facts),
  ];
}
