import type { Graph } from '../graph/graph.js';
import type { ConvolutionKernel } from '../kernels/convolution-kernel.js';
import type { ConvolutionProblem } from '../kernels/convolution-problem.js';
import type { Address } from '../program/address.js';
import { aligned } from '../program/arena.js';
import { lowerProgram } from '../program/lowered-program.js';
import { compileProgram } from '../program/program.js';
import { blockBytes } from '../program/write-program.js';
import { PoisonedMemory, type Tensor32 } from './poisoned-memory.fixture.js';
import type { Random } from './random.fixture.js';

export type Choose = (problem: ConvolutionProblem) => ConvolutionKernel;

/**
 * Runs a graph as programs do, twice: the second run starts from what the first one left.
 *
 * @returns undefined when the inputs are refused.
 */
export function runPoisoned(
  graph: Graph,
  inputs: readonly Tensor32[],
  choose: Choose,
  random: Random,
): Tensor32[] | undefined {
  const heap = new PoisonedMemory(random.chance(0.4));
  const shapes = inputs.map(({ shape }) => shape);
  const program = compileProgram(graph, shapes, { heap, choose });
  if (program === undefined) return undefined;
  const places = heap.place(inputs, random);
  const [first, second] = [0, 1].map(() => {
    const outputs = program.outputShapes.map((shape) => ({ shape, at: heap.output(shape, random) }));
    const isDone = program.run([...places, ...outputs.map(({ at }) => at)]);
    heap.check();
    return isDone ? outputs.map(({ shape, at }) => ({ shape, values: heap.read(at, shape) })) : undefined;
  });
  expectSameBits(first, second, 'the second run');
  return first;
}

/** Runs the steps of a graph in pieces: each over parts of its units, in any order, some parts empty, with the scratch memory of either lane. */
export function runInPieces(
  graph: Graph,
  inputs: readonly Tensor32[],
  choose: Choose,
  random: Random,
): Tensor32[] {
  const heap = new PoisonedMemory(random.chance(0.4));
  const program = lowerProgram(
    graph,
    inputs.map(({ shape }) => shape),
    { choose },
  );
  const base = heap.allocate(blockBytes(program, 2));
  const bytes = new Uint8Array(heap.memory.buffer);
  for (const { offset, data } of program.constants) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), base + offset);
  }
  const outputs = graph.outputs.map((id) => {
    const shape = program.operands.get(id)?.shape ?? [];
    return { shape, at: heap.output(shape, random) };
  });
  const places = heap.place(inputs, random);
  const run = program.module.exported('run', { params: [], results: [] });
  for (const { kernel, args, units } of program.steps.flatMap(({ steps }) => steps)) {
    for (const [from, to] of pieces(units, random)) {
      const lane = random.integer(0, 1);
      for (const arg of args) run.i32Const(typeof arg === 'number' ? arg : resolve(arg, lane));
      run.i32Const(from).i32Const(to).call(kernel.builder);
    }
  }
  const module = new WebAssembly.Module(program.module.build());
  const instance = new WebAssembly.Instance(module, { env: { memory: heap.memory } });
  (instance.exports.run as () => void)();
  heap.check();
  return outputs.map(({ shape, at }) => ({ shape, values: heap.read(at, shape) }));

  function resolve({ region, index, offset }: Address, lane: number): number {
    const scratch = base + program.constantBytes + program.arenaBytes + lane * aligned(program.scratchBytes);
    const starts = {
      constant: base,
      arena: base + program.constantBytes,
      scratch,
      input: places[index] ?? 0,
      output: outputs[index]?.at ?? 0,
    };
    return starts[region] + offset;
  }
}

/** Ranges that cover all units once. */
function pieces(units: number, random: Random): [number, number][] {
  const cuts = [random.integer(0, units), random.integer(0, units), random.integer(0, units)];
  const ends = [...cuts.slice(random.integer(0, 3)), 0, units].sort((a, b) => a - b);
  return random.shuffled(ends.slice(1).map((end, index) => [ends[index] ?? 0, end]));
}

/** Throws when results differ in a bit; one NaN is as good as another. */
export function expectSameBits(
  expected: readonly Tensor32[] | undefined,
  got: readonly Tensor32[] | undefined,
  who: string,
): void {
  if ((expected === undefined) !== (got === undefined))
    throw new Error(`${who} is refused, or the other one is`);
  expected?.forEach(({ values }, index) => {
    const others = got?.[index]?.values ?? new Float32Array();
    const at = values.findIndex((value, place) => !Object.is(value, others[place]));
    if (at >= 0 || others.length !== values.length) {
      throw new Error(`${who} gives ${others[at]} instead of ${values[at]} in output ${index} at ${at}`);
    }
  });
}
