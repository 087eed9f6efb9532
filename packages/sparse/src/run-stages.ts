import { cast, dispose, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { ValueId } from './graph/graph.js';
import type { ForeignNode, ImportedModel } from './import/imported-model.js';
import type { Stage } from './passes/segments.js';
import { SparseError } from './sparse-error.js';
import type { Segment } from './tfjs/segment.js';

/** A stage of a model, with what runs it if it is ours. */
type RunnableStage =
  | (Extract<Stage, { kind: 'native' }> & { readonly segment: Segment })
  | Extract<Stage, { kind: 'foreign' }>;

/** A model that can run. */
export interface RunnableModel {
  readonly model: ImportedModel;
  readonly stages: readonly RunnableStage[];
}

/** Computes a model's outputs, which belong to the caller. To be called within `tidy`. */
export function runStages({ model, stages }: RunnableModel, inputs: readonly Tensor[]): Tensor[] {
  const values = new StageValues(model, inputs);
  for (const stage of stages) {
    if (stage.kind === 'native') values.add(stage.outputs, stage.segment.run(values.floats(stage.inputs)));
    else for (const node of stage.nodes) values.add(node.outputs, node.run(values.get(node.inputs)));
    values.drop(stage.last);
  }
  return values.get(model.outputs).map((output) => output.clone());
}

/** The same, waiting where values are out of reach. */
export async function runStagesAsync(
  { model, stages }: RunnableModel,
  inputs: readonly Tensor[],
): Promise<Tensor[]> {
  const values = new StageValues(model, inputs);
  try {
    for (const stage of stages) {
      if (stage.kind === 'native') {
        const floats = values.floats(stage.inputs);
        const outputs = await stage.segment.runAsync(floats);
        dispose(floats.filter((tensor) => !values.has(tensor)));
        values.add(stage.outputs, outputs);
      } else {
        for (const node of stage.nodes)
          values.add(node.outputs, await runNode(node, values.get(node.inputs)));
      }
      values.drop(stage.last);
    }
    return values.get(model.outputs).map((output) => output.clone());
  } finally {
    values.dropAll();
  }
}

async function runNode(node: ForeignNode, inputs: readonly Tensor[]): Promise<Tensor[]> {
  return node.runAsync === undefined ? tidy(() => node.run(inputs)) : node.runAsync(inputs);
}

/** The values of a model while it runs. */
class StageValues {
  readonly #given: ReadonlySet<Tensor>;
  readonly #values: Map<ValueId, Tensor>;

  constructor(model: ImportedModel, inputs: readonly Tensor[]) {
    this.#given = new Set(inputs);
    this.#values = new Map(model.inputs.map(({ id }, index) => [id, inputs[index] as Tensor]));
  }

  has(tensor: Tensor): boolean {
    return [...this.#values.values()].includes(tensor);
  }

  get(ids: readonly ValueId[]): Tensor[] {
    return ids.map((id) => {
      const value = this.#values.get(id);
      if (value === undefined) throw new SparseError(`nothing computes value ${id}`);
      return value;
    });
  }

  /** What our kernels read is float32. */
  floats(ids: readonly ValueId[]): Tensor[] {
    return this.get(ids).map((value) => (value.dtype === 'float32' ? value : cast(value, 'float32')));
  }

  add(ids: readonly ValueId[], tensors: readonly Tensor[]): void {
    ids.forEach((id, index) => {
      this.#values.set(id, tensors[index] as Tensor);
    });
  }

  /** Disposes what nothing reads any more. */
  drop(ids: readonly ValueId[]): void {
    for (const id of ids) {
      const value = this.#values.get(id);
      this.#values.delete(id);
      if (value !== undefined && !this.#given.has(value)) value.dispose();
    }
  }

  dropAll(): void {
    this.drop([...this.#values.keys()]);
  }
}
