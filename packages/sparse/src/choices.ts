import { cheapest } from './choose.js';
import type { Node } from './graph/graph.js';
import type { ConvolutionKernel } from './kernels/convolution-kernel.js';
import type { ConvolutionProblem } from './kernels/convolution-problem.js';
import type { LoweringOptions } from './program/lowered-program.js';
import { type Tuning, tune, tunedKernel, tuningKey } from './tune.js';

/** What was chosen for a layer. */
export interface Choice {
  readonly problem: ConvolutionProblem;
  readonly kernel: ConvolutionKernel;
}

/** Chooses kernels, by a tuning where there is one, and remembers what was chosen for which node. */
export class Choices implements LoweringOptions {
  readonly #made = new Map<string, Choice>();
  #tuning: Tuning | undefined;

  constructor(tuning?: Tuning) {
    this.#tuning = tuning;
  }

  /** What was measured. */
  get tuning(): Tuning | undefined {
    return this.#tuning;
  }

  /** What was chosen last for a node. */
  of(node: string): Choice | undefined {
    return this.#made.get(node);
  }

  /** What was measured for a convolution. */
  measured(problem: ConvolutionProblem): number | undefined {
    return this.#tuning?.[tuningKey(problem)]?.gain;
  }

  readonly choose = (problem: ConvolutionProblem): ConvolutionKernel =>
    (this.#tuning && tunedKernel(this.#tuning, problem)) ?? cheapest(problem);

  readonly onChoice = ({ name }: Node, problem: ConvolutionProblem, kernel: ConvolutionKernel): void => {
    this.#made.set(name, { problem, kernel });
  };

  /** Measures the kernels for every convolution that was met. */
  async tune(): Promise<void> {
    this.#tuning = await tune([...this.#made.values()].map(({ problem }) => problem));
  }
}
