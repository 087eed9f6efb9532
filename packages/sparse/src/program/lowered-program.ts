import { ModuleBuilder } from '@secateur/wasm-emit';
import type { Graph, Node, ValueId } from '../graph/graph.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import type { ConvolutionKernel } from '../kernels/convolution-kernel.js';
import type { ConvolutionProblem } from '../kernels/convolution-problem.js';
import type { Operand } from '../operations/operation-rule.js';
import { ruleOf } from '../operations/rules.js';
import { SparseError } from '../sparse-error.js';
import type { Address } from './address.js';
import { Arena, aligned } from './arena.js';
import { Lifetimes } from './lifetimes.js';
import type { Kernel, Lowering, Step } from './lowering.js';

/** How a program is made. */
export interface LoweringOptions {
  /** Which kernel to take for a convolution. */
  readonly choose: (problem: ConvolutionProblem) => ConvolutionKernel;
  /** Told what was chosen for which node. */
  readonly onChoice?: (node: Node, problem: ConvolutionProblem, kernel: ConvolutionKernel) => void;
}

/** What computes a node. @internal */
export interface NodeSteps {
  readonly node: Node;
  readonly steps: readonly Step[];
  /** Expected time in nanoseconds. */
  readonly cost: number;
}

/** What it takes to read or write an element, in nanoseconds: what operations without a cost of their own are taken to cost. */
const costPerElement = 0.3;

/** Steps that compute a graph for inputs of certain shapes, before they have a place in memory. */
export interface LoweredProgram {
  readonly module: ModuleBuilder;
  /** The steps of each node, in order. */
  readonly steps: readonly NodeSteps[];
  /** Where each value of the graph is. */
  readonly operands: ReadonlyMap<ValueId, Operand>;
  /** Data, and where it is among all constants. */
  readonly constants: readonly { readonly offset: number; readonly data: ArrayBufferView }[];
  readonly constantBytes: number;
  /** The bytes of values between steps. */
  readonly arenaBytes: number;
  /** The bytes of scratch memory that each lane needs. */
  readonly scratchBytes: number;
}

/**
 * Writes the kernels of a graph and the steps that call them.
 *
 * @throws SparseError when the inputs don't fit.
 */
export function lowerProgram(
  graph: Graph,
  inputShapes: readonly Shape[],
  options: LoweringOptions,
): LoweredProgram {
  const module = new ModuleBuilder();
  const kernels = new Map<string, Kernel>();
  const constants: { offset: number; data: ArrayBufferView }[] = [];
  const arena = new Arena();
  let constantBytes = 0;
  let scratchBytes = 0;

  const operands = new Map<ValueId, Operand>();
  graph.inputs.forEach((id, index) => {
    operands.set(id, { address: { region: 'input', index, offset: 0 }, shape: inputShapes[index] ?? [] });
  });
  const lifetimes = new Lifetimes(graph);

  const steps = graph.nodes.map((node, index) => {
    const { operation, inputs, output } = node;
    const rule = ruleOf(operation);
    const from = inputs.map((id) => {
      const operand = operands.get(id);
      if (operand === undefined) throw new SparseError(`'${node.name}' reads a value that nothing computes`);
      return operand;
    });
    const shape = outputShape();
    const ofNode: Step[] = [];
    const temporaries: number[] = [];
    const lowering: Lowering = {
      kernel,
      constant,
      temporary(bytes) {
        const offset = arena.take(bytes);
        temporaries.push(offset);
        return { region: 'arena', index: 0, offset };
      },
      scratch(bytes) {
        scratchBytes = Math.max(scratchBytes, aligned(bytes));
        return { region: 'scratch', index: 0, offset: 0 };
      },
      step(called, args, units) {
        if (args.length !== called.arity) {
          throw new SparseError(
            `a kernel of '${node.name}' takes ${called.arity} arguments, but got ${args.length}`,
          );
        }
        ofNode.push({ kernel: called, args, units });
      },
    };
    const alias = lifetimes.sharesMemory(node) ? from[0]?.address : undefined;
    const operand: Operand = { address: alias ?? place(output, sizeOf(shape)), shape };
    operands.set(output, operand);
    let cost =
      costPerElement * [shape, ...from.map((input) => input.shape)].reduce((sum, of) => sum + sizeOf(of), 0);
    if (alias === undefined && sizeOf(shape) > 0) {
      rule.lower(operation, {
        inputs: from,
        output: operand,
        lowering,
        choose(problem) {
          const chosen = options.choose(problem);
          cost = chosen.cost(problem) ?? cost;
          options.onChoice?.(node, problem, chosen);
          return chosen;
        },
      });
    }
    for (const offset of temporaries) arena.release(offset);
    for (const id of lifetimes.endingAt(index)) release(id);
    return { node, steps: ofNode, cost };

    function outputShape(): Shape {
      try {
        return rule.outputShape(
          operation,
          from.map((input) => input.shape),
        );
      } catch (error) {
        if (!SparseError.isInstance(error)) throw error;
        throw new SparseError(`'${node.name}': ${error.message}`, { option: 'input', value: error.value });
      }
    }
  });

  return { module, steps, operands, constants, constantBytes, arenaBytes: arena.size, scratchBytes };

  function kernel(key: string, arity: number, write: Parameters<Lowering['kernel']>[2]): Kernel {
    const known = kernels.get(key);
    if (known !== undefined) return known;
    const f = module.function({
      params: Array.from({ length: arity + 2 }, () => 'i32' as const),
      results: [],
    });
    const args = f.params.slice(0, arity);
    const [from, to] = f.params.slice(arity) as [(typeof f.params)[0], (typeof f.params)[0]];
    const made: Kernel = { builder: f, arity };
    kernels.set(key, made);
    write({ f, args, from, to });
    return made;
  }

  function constant(data: ArrayBufferView): Address {
    const offset = constantBytes;
    constants.push({ offset, data });
    constantBytes += aligned(data.byteLength);
    return { region: 'constant', index: 0, offset };
  }

  function place(id: ValueId, size: number): Address {
    const index = graph.outputs.indexOf(id);
    if (index >= 0) return { region: 'output', index, offset: 0 };
    return { region: 'arena', index: 0, offset: arena.take(4 * size) };
  }

  function release(id: ValueId): void {
    const address = operands.get(id)?.address;
    if (address?.region === 'arena') arena.release(address.offset);
  }
}
