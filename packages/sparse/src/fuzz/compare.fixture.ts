import type { Activation } from '../graph/activation.js';
import { linear } from '../graph/activation.js';
import type { Graph, ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { Weights } from '../graph/weights.js';
import { type AnyValues, interpret, interpretOperation, type Values } from '../import/interpret.fixture.js';

/** Largest error over the largest |y| that is allowed. */
const relative = 1e-5;
/** Where terms cancel: the largest error over the sum of their magnitudes, per operation. A rounding of float32 is 6e-8. */
const cancelled = 2.4e-7;
/** Roundings of denormals. */
const absolute = 1e-41;

/**
 * Throws when results aren't those of the graph in float64.
 *
 * @param isExact whether all values are small whole numbers, so that there is no rounding.
 */
export function compareWithReference(
  graph: Graph,
  inputs: readonly AnyValues[],
  got: readonly AnyValues[],
  isExact = false,
): void {
  const expected = interpret(graph, inputs);
  const scales = isExact ? [] : magnitudes(graph, inputs);
  expected.forEach((output, index) => {
    const other = got[index];
    if (other === undefined || `${other.shape}` !== `${output.shape}`) {
      throw new Error(`output ${index} has shape [${other?.shape}] instead of [${output.shape}]`);
    }
    const largest = mostOf(output.values);
    const tolerance = isExact
      ? 0
      : Math.max(relative * largest, cancelled * graph.nodes.length * (scales[index] ?? 0), absolute);
    compareValues(output.values, other.values, tolerance, `output ${index}`);
  });
}

/** Throws when values differ by more, or aren't finite where others are. */
export function compareValues(
  expected: ArrayLike<number>,
  got: ArrayLike<number>,
  tolerance: number,
  who: string,
): void {
  if (expected.length !== got.length)
    throw new Error(`${who} has ${got.length} elements instead of ${expected.length}`);
  for (let at = 0; at < expected.length; at += 1) {
    const [wanted, value] = [Math.fround(expected[at] as number), got[at] as number];
    const isRight = Number.isFinite(wanted)
      ? Math.abs((expected[at] as number) - value) <= tolerance
      : Object.is(wanted, value);
    if (!isRight) {
      throw new Error(
        `${who} at ${at} of ${expected.length}: ${value} instead of ${wanted}, tolerance ${tolerance}`,
      );
    }
  }
}

export function mostOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < values.length; at += 1) {
    const magnitude = Math.abs(values[at] as number);
    if (magnitude > most && magnitude < Number.POSITIVE_INFINITY) most = magnitude;
  }
  return most;
}

/** For each output, the largest sum of magnitudes of what is added up on the way to it. */
export function magnitudes({ nodes, inputs, outputs }: Graph, given: readonly AnyValues[]): number[] {
  const known = new Map<ValueId, Values>();
  inputs.forEach((id, index) => {
    const { shape = [], values = [] } = given[index] ?? {};
    known.set(id, { shape, values: Float64Array.from(values, Math.abs) });
  });
  for (const { operation, inputs: from, output } of nodes) {
    const x = from.map((id) => known.get(id) ?? { shape: [], values: new Float64Array() });
    const { shape, values } = interpretOperation(positive(operation), x);
    const gain = 'activation' in operation ? gainOf(operation.activation) : 1;
    // The exponent's error is that of its input.
    const least = operation.kind === 'softmax' ? mostOf(x[0]?.values ?? []) + 1 : 0;
    known.set(output, { shape, values: values.map((value) => Math.max(least, Math.abs(value) * gain)) });
  }
  return outputs.map((id) => mostOf(known.get(id)?.values ?? []));
}

/** An operation on magnitudes that bounds those of the partial sums of another. */
function positive(operation: Operation): Operation {
  switch (operation.kind) {
    case 'convolution':
    case 'product': {
      const { weights, bias } = operation;
      return {
        ...operation,
        ...(bias !== undefined && { bias: bias.map(Math.abs) }),
        weights: new Weights(weights.values.map(Math.abs), weights.shape),
        activation: linear,
      };
    }
    case 'depthwise': {
      const { filter, bias } = operation;
      return {
        ...operation,
        ...(bias !== undefined && { bias: bias.map(Math.abs) }),
        filter: filter.map(Math.abs),
        activation: linear,
      };
    }
    case 'affine':
      return {
        ...operation,
        scale: operation.scale.map(Math.abs),
        shift: operation.shift.map(Math.abs),
        activation: linear,
      };
    case 'binary': {
      const { operator } = operation;
      return {
        ...operation,
        operator: operator === 'subtract' ? 'add' : operator === 'minimum' ? 'maximum' : operator,
        activation: linear,
      };
    }
    case 'activate':
      return { ...operation, activation: linear };
    default:
      return operation;
  }
}

function gainOf(activation: Activation): number {
  switch (activation.kind) {
    case 'leakyRelu':
    case 'elu':
      return Math.max(1, Math.abs(activation.alpha));
    case 'prelu':
      return activation.slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 1);
    default:
      return 1.1;
  }
}
