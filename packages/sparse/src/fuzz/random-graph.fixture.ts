import type { Graph, Node, ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import { ruleOf } from '../operations/rules.js';
import type { NumberKind } from './numbers.fixture.js';
import type { Random } from './random.fixture.js';
import { operationKinds, randomOperation } from './random-operation.fixture.js';

export interface RandomGraph {
  readonly graph: Graph;
  readonly inputShapes: readonly Shape[];
}

export interface GraphSizes {
  readonly nodes: number;
  readonly batch: number;
  readonly side: number;
  readonly channels: number;
  /** Whether there is one input only. */
  readonly isSingle?: boolean;
}

/** The most elements of a value. */
const mostElements = 4000;

/** A random graph: values that several nodes read or none does, that are in the same memory, that are given back though others read them. */
export function randomGraph(
  sizes: GraphSizes,
  numbers: NumberKind,
  random: Random,
  kinds: readonly Operation['kind'][] = operationKinds,
): RandomGraph {
  const { batch, side, channels, isSingle = false } = sizes;
  const shapes: Shape[] = [];
  const nodes: Node[] = [];
  const inputs: ValueId[] = [];
  const addInput = (shape: Shape) => {
    inputs.push(shapes.length);
    return shapes.push(shape) - 1;
  };
  addInput([batch, random.integer(1, side), random.integer(1, side), random.integer(1, channels)]);
  for (let attempt = 0; nodes.length < sizes.nodes && attempt < 20 * sizes.nodes; attempt += 1) {
    const x = random.chance(0.6) ? shapes.length - 1 : random.integer(0, shapes.length - 1);
    const shape = shapes[x] ?? [];
    const drawn = randomOperation(random.pick(kinds), shape, random, numbers, channels);
    if (drawn === undefined) continue;
    const others = drawn.others.map((wanted) => known(wanted));
    if (others.some((other) => other === undefined) && isSingle) continue;
    const output = outputShape(drawn.operation, [shape, ...drawn.others]);
    if (output === undefined || sizeOf(output) > mostElements) continue;
    const from = [x, ...others.map((other, index) => other ?? addInput(drawn.others[index] ?? []))];
    nodes.push({
      name: `node ${nodes.length}`,
      operation: drawn.operation,
      inputs: from,
      output: shapes.length,
    });
    shapes.push(output);
  }
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const made = nodes.map(({ output }) => output);
  const last = made.at(-1);
  const outputs = isSingle
    ? made.filter((id) => id === last)
    : random.shuffled(made.filter((id) => !read.has(id) || random.chance(0.2)));
  return { graph: { nodes, inputs, outputs }, inputShapes: inputs.map((id) => shapes[id] ?? []) };

  /** A value of a shape. */
  function known(wanted: Shape): ValueId | undefined {
    const ids = shapes.flatMap((shape, id) => (`${shape}` === `${wanted}` ? [id] : []));
    return ids.length > 0 && (isSingle || random.chance(0.9)) ? random.pick(ids) : undefined;
  }
}

/** Undefined for a reshape that doesn't fit. */
function outputShape(operation: Operation, inputs: readonly Shape[]): Shape | undefined {
  return ruleOf(operation).outputShape(operation, inputs);
}
