import type { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { Weights } from '../graph/weights.js';

/** A graph in a few lines, for messages. */
function showGraph({ nodes, inputs, outputs }: Graph, shapes: readonly Shape[]): string {
  const lines = nodes.map(({ operation, inputs: from, output }) => {
    const attributes = JSON.stringify(operation, (_, value: unknown) => {
      if (value instanceof Float32Array) return value.length > 8 ? `${value.length} floats` : [...value];
      return value instanceof Weights ? { shape: value.shape, nonZeros: value.nonZeros } : value;
    });
    return `${output} = ${attributes} of ${from.join(', ')}`;
  });
  const given = inputs.map((id, index) => `${id}: [${shapes[index]}]`);
  return ['', `inputs ${given.join(', ')}`, ...lines, `outputs ${outputs.join(', ')}`].join('\n');
}

/** Runs a check, and adds the graph to what it throws. */
export function withGraph(graph: Graph, shapes: readonly Shape[], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Error) error.message += showGraph(graph, shapes);
    throw error;
  }
}
