import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueId } from '../graph/graph.js';
import type { Operation } from '../graph/operation.js';
import type { Weights } from '../graph/weights.js';
import type { GraphNodeLike } from './graph-model-like.js';
import type { OpenShape } from './imported-model.js';
import type { Refusal } from './layer-scope.js';

/** What a node of a graph is turned into operations with. Inputs are counted from 0. */
export interface GraphScope {
  readonly node: GraphNodeLike;
  /** An attribute as the converter has parsed it. */
  attribute(name: string): unknown;
  /** An input that is a constant. */
  constant(input: number): Tensor | undefined;
  /** A copy of a constant's values. */
  read(constant: Tensor): Promise<Float32Array>;
  /** A constant [in, out] or [out, in], or a filter of four axes, as weights. */
  filter(constant: Tensor, isTransposed?: boolean): Promise<Weights>;
  /** An input that isn't constant. Computes it: to be asked for last. */
  value(input: number): Promise<ValueId>;
  /** The node that an input comes from, constants and identities passed. */
  source(input: number): GraphScope | undefined;
  /** What is known of the shape of a value. */
  shape(id: ValueId): OpenShape | undefined;
  /** Notes the rank that an operation asks for, where nothing is known. */
  assume(id: ValueId, shape: OpenShape): void;
  /** Adds an operation and gives its output. */
  emit(operation: Operation, inputs: readonly ValueId[]): ValueId;
}

/** Turns a node into operations and gives its output, or says why not. It emits nothing in that case. */
export type GraphRule = (scope: GraphScope) => Promise<ValueId | Refusal>;

/** A constant's values for each of some channels; undefined if it has others. One value stands for all channels. */
export async function vectorOf(
  scope: GraphScope,
  constant: Tensor | undefined,
  channels: number | null | undefined,
  rank: number = Number.POSITIVE_INFINITY,
): Promise<Float32Array | undefined> {
  if (constant === undefined || constant.dtype !== 'float32' || typeof channels !== 'number')
    return undefined;
  const { shape, size } = constant;
  if (shape.length > rank || (size !== 1 && (size !== channels || shape.at(-1) !== channels)))
    return undefined;
  const values = await scope.read(constant);
  return size === 1 ? new Float32Array(channels).fill(values[0] ?? 0) : values;
}

/** The whole numbers of a constant. */
export async function numbersOf(
  scope: GraphScope,
  constant: Tensor | undefined,
): Promise<number[] | undefined> {
  return constant && [...(await scope.read(constant))];
}
