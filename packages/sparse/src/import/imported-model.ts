import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import type { Node, ValueId } from '../graph/graph.js';

/** The sizes of a tensor's axes; null where any size goes. */
export type OpenShape = readonly (number | null)[];

/** A step that our kernels compute. */
export interface NativeNode extends Node {
  readonly kind: 'native';
  /** The layer or graph node of the source model that it comes from. */
  readonly layer: string;
}

/** A step that tfjs computes. Some of its values may be masks, or of other types than float32. */
export interface ForeignNode {
  readonly kind: 'foreign';
  readonly name: string;
  /** The layers or graph nodes of the source model that it stands for. */
  readonly layers: readonly string[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Why tfjs computes it. */
  readonly reason: string;
  /** Computes the outputs, which the caller disposes. None of them is one of the inputs. */
  run(inputs: readonly Tensor[]): Tensor[];
  /** The way to run one that has to wait for values; `run` throws then. */
  readonly runAsync?: (inputs: readonly Tensor[]) => Promise<Tensor[]>;
}

/** A step of a model. */
export type ImportedNode = NativeNode | ForeignNode;

/** What a model is given. */
export interface ImportedInput {
  /** @internal */
  readonly id: ValueId;
  /** What it is called when tensors are given by name. */
  readonly name: string;
  /** Other names under which a graph model takes it. */
  readonly aliases?: readonly string[];
  /** Of its tensor, with the batch. */
  readonly shape: OpenShape;
  /** Of its tensor's values. */
  readonly dtype: DataType;
}

/** What became of a layer: our kernels compute it, tfjs does, it is part of another layer's kernel, or there is nothing to compute. */
export type LayerFate =
  | { readonly kind: 'native' }
  | { readonly kind: 'tfjs'; readonly reason: string }
  | { readonly kind: 'folded'; readonly into: string }
  | { readonly kind: 'none' };

/** A layer, or a node of a graph, of the source model. */
export interface SourceLayer {
  /** Its name, after those of the models that it is nested in: `outer/inner`. */
  readonly name: string;
  readonly className: string;
  readonly fate: LayerFate;
}

/** A model of tfjs as steps in an order in which they can run. */
export interface ImportedModel {
  readonly nodes: readonly ImportedNode[];
  readonly inputs: readonly ImportedInput[];
  /** May name a value twice, and inputs. */
  readonly outputs: readonly ValueId[];
  readonly outputNames: readonly string[];
  /** The keys of the outputs where the source model predicts an object of tensors. */
  readonly outputKeys?: readonly string[];
  readonly layers: readonly SourceLayer[];
}

/** The values that a node gives. */
export function outputsOf(node: ImportedNode): readonly ValueId[] {
  return node.kind === 'native' ? [node.output] : node.outputs;
}
