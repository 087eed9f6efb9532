import { cheapest } from '../choose.js';
import type { Graph } from '../graph/graph.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import type { ConvolutionKernel } from '../kernels/convolution-kernel.js';
import { ownHeap } from './heap.js';
import { compileProgram } from './program.js';

export interface Values {
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** Floats around each output, which no kernel may touch. */
const margin = 16;
const untouched = 123.456;

/**
 * Runs a graph on memory of its own. The last input ends where memory does, so that reading past it traps; writing next to
 * an output, or over an input, is an error.
 *
 * @param kernel for every convolution; by default the cheapest.
 * @returns the outputs, or undefined when the inputs aren't finite enough for kernels that skip zeros.
 */
export function runGraph(
  graph: Graph,
  inputs: readonly Values[],
  kernel?: ConvolutionKernel,
): Values[] | undefined {
  const heap = ownHeap();
  const program = compileProgram(
    graph,
    inputs.map(({ shape }) => shape),
    {
      heap,
      choose: (problem) => kernel ?? cheapest(problem),
    },
  );
  if (program === undefined) return undefined;
  const outputs = program.outputShapes.map((shape) => {
    const start = heap.allocate(4 * (sizeOf(shape) + 2 * margin));
    return { shape, start: start / 4, at: start / 4 + margin, end: start / 4 + 2 * margin + sizeOf(shape) };
  });
  const inputFloats = inputs.reduce((sum, { values }) => sum + values.length, 0);
  heap.memory.grow(Math.ceil((4 * inputFloats) / 65_536) + 1);
  const memory = new Float32Array(heap.memory.buffer);
  for (const { start, end } of outputs) memory.fill(untouched, start, end);
  let at = memory.length - inputFloats;
  const places = inputs.map(({ values }) => {
    memory.set(values, at);
    at += values.length;
    return at - values.length;
  });
  const isDone = program.run([...places, ...outputs.map((output) => output.at)].map((index) => 4 * index));
  inputs.forEach(({ values }, index) => {
    const place = places[index] ?? 0;
    if (!values.every((value, offset) => Object.is(value, memory[place + offset])))
      throw new Error('an input is overwritten');
  });
  for (const { start, at: first, end, shape } of outputs) {
    const around = [...memory.subarray(start, first), ...memory.subarray(first + sizeOf(shape), end)];
    if (around.some((value) => value !== Math.fround(untouched)))
      throw new Error('memory next to an output is overwritten');
  }
  if (!isDone) return undefined;
  return outputs.map(({ shape, at: first }) => ({
    shape,
    values: memory.slice(first, first + sizeOf(shape)),
  }));
}
