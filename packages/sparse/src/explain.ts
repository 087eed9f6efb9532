import type { Choices } from './choices.js';
import { candidates } from './choose.js';
import type { ImportedModel } from './import/imported-model.js';
import { tfjsCost } from './kernels/tfjs-cost.js';

/** What runs a layer, and why. */
export interface ExplainedLayer {
  /** The name of the layer, or of the graph's node; after those of the models that it is nested in: `outer/inner`. */
  readonly layer: string;
  /** The class of the layer, or the operation of the node. */
  readonly className: string;
  /**
   * 'unstructured', 'gather', '4x1', '8x1' or 'dense' for kernels of convolutions and products; 'simd' for other kernels of
   * ours; 'tfjs'; 'folded' for what is part of another layer's kernel; 'none' if there is nothing to compute; 'unknown'
   * before the first prediction.
   */
  readonly runs: string;
  /** In a sentence. */
  readonly reason: string;
  /** The share of zeros among the weights, from 0 to 1. */
  readonly sparsity?: number;
  /** How many times faster than on tfjs's wasm backend, by the cost model. */
  readonly expectedGain?: number;
  /** How many times faster than our dense kernel, as `tune` measured it. */
  readonly measuredGain?: number;
}

/** A row for each layer of a model. */
export function explainLayers(model: ImportedModel, choices: Choices): ExplainedLayer[] {
  // A layer may be several operations: those with weights come last, so that they are what is found.
  const natives = new Map(
    model.nodes
      .filter((node) => node.kind === 'native')
      .sort((a, b) => Number('weights' in a.operation) - Number('weights' in b.operation))
      .map((node) => [node.layer, node]),
  );
  return model.layers.map(({ name: layer, className, fate }) => {
    const row = (runs: string, reason: string) => ({ layer, className, runs, reason });
    if (fate.kind === 'tfjs') return row('tfjs', fate.reason);
    if (fate.kind === 'folded') return row('folded', `it is part of '${fate.into}'`);
    if (fate.kind === 'none') return row('none', 'there is nothing to compute');
    const node = natives.get(layer);
    const operation = node?.operation;
    if (operation?.kind !== 'convolution' && operation?.kind !== 'product')
      return row('simd', 'a kernel of ours, without weights to skip');
    const { sparsity } = operation.weights;
    const choice = node && choices.of(node.name);
    if (choice === undefined) return { ...row('unknown', 'it has not run yet'), sparsity };
    const { kernel, problem } = choice;
    const measuredGain = choices.measured(problem);
    const costs = candidates(problem);
    const cost = costs.find((candidate) => candidate.kernel === kernel)?.cost ?? 0;
    const others = costs
      .filter((candidate) => candidate.kernel !== kernel)
      .map((candidate) => `'${candidate.kernel.name}' ${microseconds(candidate.cost)}`);
    const basis = measuredGain === undefined ? 'expected' : 'measured to be the fastest; expected';
    return {
      ...row(
        kernel.name,
        `${basis} ${microseconds(cost)}${others.length > 0 ? `, against ${others.join(', ')}` : ''}`,
      ),
      sparsity,
      expectedGain: tfjsCost(problem) / cost,
      ...(measuredGain !== undefined && { measuredGain }),
    };
  });
}

function microseconds(nanoseconds: number): string {
  return `${Number((nanoseconds / 1000).toPrecision(3))} us`;
}
