import { type Candidate, candidates } from './choose.js';
import type { Graph } from './graph/graph.js';
import type { Convolution } from './graph/operation.js';
import { type Shape, sizeOf } from './graph/shape.js';
import type { ConvolutionKernel } from './kernels/convolution-kernel.js';
import type { ConvolutionProblem } from './kernels/convolution-problem.js';
import { ownHeap } from './program/heap.js';
import { compileProgram } from './program/program.js';

/**
 * Which kernel was the fastest for which convolution, on the machine that it was measured on. A convolution is named by its
 * sizes and by how its weights are spread, so that a saved tuning serves the same model at its next load.
 */
export type Tuning = Readonly<Record<string, TunedKernel>>;

/** A kernel that was measured against the others. */
export interface TunedKernel {
  /** The fastest kernel. */
  readonly kernel: string;
  /** How many times faster it is than our dense kernel. */
  readonly gain: number;
}

/** Kernels that are expected to take so many times the least are not measured. */
const worthMeasuring = 4;
const rounds = 9;
const roundMilliseconds = 1.5;
/** V8 compiles a function anew, in the background, once it has run for a while. */
const warmUpMilliseconds = 12;

/** The name of a convolution in a tuning. */
export function tuningKey(problem: ConvolutionProblem): string {
  const { weights, activation, bias: _bias, ...sizes } = problem;
  return [
    ...Object.values(sizes),
    weights.nonZeros,
    weights.blocks(4),
    weights.blocks(8),
    activation.kind,
  ].join(' ');
}

/** The kernel that a tuning names for a convolution, if it knows it. */
export function tunedKernel(tuning: Tuning, problem: ConvolutionProblem): ConvolutionKernel | undefined {
  const name = tuning[tuningKey(problem)]?.kernel;
  return candidates(problem).find(({ kernel }) => kernel.name === name)?.kernel;
}

/** Measures the kernels that could be the fastest for each convolution. */
export async function tune(problems: Iterable<ConvolutionProblem>): Promise<Tuning> {
  const tuning: Record<string, TunedKernel> = {};
  for (const problem of problems) {
    const key = tuningKey(problem);
    if (tuning[key] === undefined) tuning[key] = await fastest(problem);
  }
  return tuning;
}

async function fastest(problem: ConvolutionProblem): Promise<TunedKernel> {
  const all = candidates(problem);
  const least = all[0]?.cost ?? 0;
  const measured = all.filter(
    ({ kernel, cost }) => kernel.name === 'dense' || cost <= worthMeasuring * least,
  );
  const runs = measured.map((candidate) => ({
    name: candidate.kernel.name,
    run: prepare(problem, candidate),
    times: [] as number[],
  }));
  const counts: number[] = [];
  for (const { run } of runs) {
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < warmUpMilliseconds) {
      run();
      count += 1;
    }
    counts.push(Math.max(1, Math.round((count * roundMilliseconds) / warmUpMilliseconds)));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { run, times }] of runs.entries()) {
      const start = performance.now();
      for (let count = counts[index] ?? 1; count > 0; count -= 1) run();
      times.push((performance.now() - start) / (counts[index] ?? 1));
    }
  }
  const medians = runs.map(({ name, times }) => ({
    name,
    time: times.sort((a, b) => a - b)[rounds >> 1] ?? 0,
  }));
  const best = medians.reduce((a, b) => (b.time < a.time ? b : a));
  const dense = medians.find(({ name }) => name === 'dense') ?? best;
  return { kernel: best.name, gain: best.time > 0 ? dense.time / best.time : 1 };
}

/** A program of one convolution, on memory of its own. */
function prepare(problem: ConvolutionProblem, { kernel }: Candidate): () => void {
  const graph: Graph = {
    nodes: [{ name: 'tuned', operation: operationOf(problem), inputs: [0], output: 1 }],
    inputs: [0],
    outputs: [1],
  };
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = problem;
  const shape: Shape = [batch, inHeight, inWidth, inChannels];
  const heap = ownHeap();
  const program = compileProgram(graph, [shape], { heap, choose: () => kernel });
  const input = heap.allocate(4 * sizeOf(shape));
  const output = heap.allocate(4 * batch * outHeight * outWidth * outChannels);
  const values = new Float32Array(heap.memory.buffer, input, sizeOf(shape));
  values.forEach((_, index) => {
    values[index] = ((index * 7919) % 1021) / 1021 - 0.5;
  });
  const addresses = [input, output];
  return () => program?.run(addresses);
}

/** The convolution that a problem comes from. */
function operationOf(problem: ConvolutionProblem): Convolution {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideY, strideX } = problem;
  const { dilationY, dilationX, top, left, weights, bias, activation } = problem;
  const bottom = (outHeight - 1) * strideY + (filterHeight - 1) * dilationY + 1 - inHeight - top;
  const right = (outWidth - 1) * strideX + (filterWidth - 1) * dilationX + 1 - inWidth - left;
  return {
    kind: 'convolution',
    window: {
      size: [filterHeight, filterWidth],
      strides: [strideY, strideX],
      dilations: [dilationY, dilationX],
      padding: { top, bottom, left, right },
    },
    weights,
    activation,
    ...(bias !== undefined && { bias }),
  };
}
