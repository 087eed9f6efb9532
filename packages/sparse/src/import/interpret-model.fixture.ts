import { dispose, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph.js';
import type { ImportedModel } from './imported-model.js';
import { interpretOperation, type Values } from './interpret.fixture.js';
import { need } from './values.fixture.js';

/** Computes an imported model: what is native by plain loops in float64, the rest by tfjs. */
export async function interpretModel(model: ImportedModel, given: readonly Tensor[]): Promise<Values[]> {
  const tensors = new Map<ValueId, Tensor>();
  const made: Tensor[] = [];
  const known = new Map<ValueId, Values>();
  model.inputs.forEach(({ id }, index) => {
    tensors.set(id, need(given[index], `input ${index}`));
  });
  for (const node of model.nodes) {
    if (node.kind === 'native') {
      const inputs = await Promise.all(node.inputs.map(valuesOf));
      known.set(node.output, interpretOperation(node.operation, inputs));
    } else {
      const inputs = node.inputs.map(tensorOf);
      const outputs = node.runAsync === undefined ? node.run(inputs) : await node.runAsync(inputs);
      made.push(...outputs);
      node.outputs.forEach((id, index) => {
        tensors.set(id, need(outputs[index], `output ${index} of ${node.name}`));
      });
    }
  }
  const results = await Promise.all(model.outputs.map(valuesOf));
  dispose(made);
  return results;

  async function valuesOf(id: ValueId): Promise<Values> {
    const ready = known.get(id);
    if (ready !== undefined) return ready;
    const from = need(tensors.get(id), `value ${id}`);
    const values = { shape: from.shape, values: Float64Array.from(await from.data()) };
    known.set(id, values);
    return values;
  }

  function tensorOf(id: ValueId): Tensor {
    const ready = tensors.get(id);
    if (ready !== undefined) return ready;
    const { shape, values } = need(known.get(id), `value ${id}`);
    const from = tensor(Float32Array.from(values), [...shape], 'float32');
    made.push(from);
    tensors.set(id, from);
    return from;
  }
}

/** The largest difference of two tensors, relative to the largest value; infinite for other shapes. NaN must meet NaN. */
export function relativeError(actual: Values, expected: Values): number {
  if (`${actual.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY;
  let most = Number.MIN_VALUE;
  let error = 0;
  expected.values.forEach((value, index) => {
    const other = actual.values[index] ?? 0;
    if (Object.is(value, other) || value === other) return;
    error = Math.max(error, Number.isNaN(value - other) ? Number.POSITIVE_INFINITY : Math.abs(value - other));
  });
  for (const value of expected.values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return error / most;
}
