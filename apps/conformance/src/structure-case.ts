import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { sequential } from '@tensorflow/tfjs-layers';
import type { PeerCase } from './structure-peers.js';

/** Parts of weights, by `layer path/weight name`: an axis, and the indices along it. */
export type Slices = Readonly<Record<string, readonly [axis: number, indices: readonly number[]]>>;

/** What is right for a case. */
export type Expected =
  | {
      readonly outcome: 'smaller';
      /** Where the removed channels are read. With zeros there the original network is the reference. */
      readonly zero: Slices;
      /** The weight shapes of every layer that changes, by its path, in the order of `layer.weights`. */
      readonly after: Readonly<Record<string, readonly (readonly number[])[]>>;
    }
  | {
      readonly outcome: 'refused';
      /** The path of the layer that stands in the way. */
      readonly at: string;
      /** The reason, in a word or two. */
      readonly because: string;
      /** What the error's message must match besides the layer. */
      readonly message: RegExp;
    }
  | {
      /** Nothing is removed, since the answers would change. */
      readonly outcome: 'kept';
      readonly because: string;
      /** What the report must say. */
      readonly message: RegExp;
    };

/** A small network, and half of the channels of one of its layers. */
export interface StructureCase {
  readonly name: string;
  /** Builds the network. Its weights are filled by `fillWeights`, the same for the same network. */
  readonly build: () => LayersModel;
  /** The path of the layer that loses channels. */
  readonly layer: string;
  readonly units: number;
  readonly remove: readonly number[];
  /**
   * Zeros that the network itself has, so that the channels are dead. Then no plan is given: what is dead is to be found,
   * and the reference is the network as it is.
   */
  readonly dead?: Slices;
  /** The inputs are indices below this number. */
  readonly vocabulary?: number;
  /** TensorFlow.js can't load what it saved of the given network, nor of the smaller one. */
  readonly isLostOnSave?: boolean;
  /** How many times larger than normal the inputs are. */
  readonly scale?: number;
  /** How many values at the end of each example are zero. */
  readonly blank?: number;
  readonly expected: Expected;
  /** The case of the same kind that peers were measured on. */
  readonly peers?: PeerCase;
}

/** A Sequential model. */
export function chain(...members: layers.Layer[]): LayersModel {
  return sequential({ layers: members });
}

/** A layer's output for symbolic inputs. */
export function on(layer: layers.Layer, ...inputs: SymbolicTensor[]): SymbolicTensor {
  const [first] = inputs;
  return layer.apply(inputs.length === 1 && first !== undefined ? first : inputs) as SymbolicTensor;
}

/** All outputs of a layer that has several: there are as many as are asked for. */
export function outputsOf(
  layer: layers.Layer,
  inputs: SymbolicTensor | SymbolicTensor[],
  options?: Record<string, unknown>,
): [SymbolicTensor, SymbolicTensor, SymbolicTensor, SymbolicTensor, SymbolicTensor] {
  const outputs = [layer.apply(inputs, options)].flat();
  return outputs as [SymbolicTensor, SymbolicTensor, SymbolicTensor, SymbolicTensor, SymbolicTensor];
}
