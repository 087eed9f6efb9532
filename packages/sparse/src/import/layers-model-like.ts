import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import type { OpenShape } from './imported-model.js';

/** What we read of a `LayersModel` of `@tensorflow/tfjs-layers`, or of a Sequential. */
export interface LayersModelLike extends LayerLike {
  readonly inputs: readonly SymbolicTensorLike[];
  readonly outputs: readonly SymbolicTensorLike[];
  readonly layers: readonly LayerLike[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** What we read of a layer. */
export interface LayerLike {
  readonly name: string;
  readonly supportsMasking: boolean;
  readonly inboundNodes: readonly LayerNodeLike[];
  readonly weights: readonly LayerVariableLike[];
  getClassName(): string;
  getConfig(): object;
  apply(inputs: Tensor[], kwargs?: { [key: string]: unknown }): unknown;
  computeMask(inputs: Tensor[], masks?: Tensor[]): unknown;
}

/** A call of a layer. */
interface LayerNodeLike {
  readonly inputTensors: readonly SymbolicTensorLike[];
  readonly outputTensors: readonly SymbolicTensorLike[];
}

/** A tensor of a model's graph. */
export interface SymbolicTensorLike {
  readonly id: number;
  readonly name: string;
  readonly shape: OpenShape;
  readonly dtype: DataType;
  readonly sourceLayer: LayerLike;
  readonly nodeIndex: number;
}

/** A weight of a layer. */
export interface LayerVariableLike {
  readonly originalName: string;
  read(): Tensor;
}
