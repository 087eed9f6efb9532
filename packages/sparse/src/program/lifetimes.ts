import type { Graph, Node, ValueId } from '../graph/graph.js';

/** When the memory of each value of a graph can be used again. */
export class Lifetimes {
  readonly #graph: Graph;
  /** For a value that is in the memory of another: which. */
  readonly #roots = new Map<ValueId, ValueId>();
  readonly #endings = new Map<number, ValueId[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    const last = new Map<ValueId, number>();
    for (const [index, node] of graph.nodes.entries()) {
      const [input] = node.inputs;
      if (input !== undefined && this.sharesMemory(node)) this.#roots.set(node.output, this.#rootOf(input));
      for (const id of [...node.inputs, node.output]) last.set(this.#rootOf(id), index);
    }
    const kept = new Set([...graph.inputs, ...graph.outputs]);
    for (const [id, index] of last) {
      if (!kept.has(id)) this.#endings.set(index, [...(this.#endings.get(index) ?? []), id]);
    }
  }

  /** Whether a node's output is its input, seen in another shape. What a graph gives back has memory of its own. */
  sharesMemory({ operation, output }: Node): boolean {
    return operation.kind === 'reshape' && !this.#graph.outputs.includes(output);
  }

  /** The values that nothing reads after the node of an index. */
  endingAt(index: number): readonly ValueId[] {
    return this.#endings.get(index) ?? [];
  }

  #rootOf(id: ValueId): ValueId {
    return this.#roots.get(id) ?? id;
  }
}
