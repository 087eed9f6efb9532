import type { Layer } from '@secateur/layers';
import type { BarrierCode } from './barrier.js';
import type { AxisChannels, Shape, TensorChannels } from './channels.js';

/**
 * What an axis of a weight has to do with its channels. `out`: the weight makes them. `in`: the weight reads them.
 * `through`: the weight belongs to channels that pass by, as the gamma of a batch norm.
 */
export type AxisRole = 'out' | 'in' | 'through';

/** The channels of one axis of a weight. */
export interface WeightAxis {
  /** What the weight does to them. */
  readonly role: AxisRole;
  /** The channel of each index along the axis. */
  readonly channels: Int32Array;
  /** With the role `through`: whether a zero stops what comes in, so that the channel behind it is constant. */
  readonly stops?: boolean;
  /** With the role `in`: which of the layer's inputs it reads. Default 0. */
  readonly input?: number;
}

/** A size in a layer's config: a number, the count of the channels that are kept, or a list of such. */
export type ConfigSize = number | null | Int32Array | readonly ConfigSize[];

/** A product of sizes: numbers, and counts of kept channels. An unknown size counts as 1. */
export type Product = readonly (number | AxisChannels)[];

/** A layer inside a layer. */
export interface LayerPart {
  /** The layer inside. */
  readonly layer: Layer;
  /** Where the outer layer's config holds this one's `{className, config}`. Not given: it follows from another part. */
  readonly at?: readonly string[];
}

/** An axis of one of a layer's inputs. */
export interface InputAxis {
  /** Which input. */
  readonly input: number;
  /** Which of its axes. */
  readonly axis: number;
}

/** What a rule says of one call of a layer. */
export interface LayerChannels {
  /** The tensors that come out. */
  readonly outputs: readonly TensorChannels[];
  /** The channels that the layer makes, in the order in which plans count them. */
  readonly units?: Int32Array;
  /** The axes of each weight, by the last part of its name (`kernel`). Weights that are not listed stay whole. */
  readonly weights?: Readonly<Record<string, readonly (WeightAxis | null)[]>>;
  /** The sizes in the layer's config that follow the channels. */
  readonly config?: Readonly<Record<string, ConfigSize>>;
  /** Multiply-adds of one call on one example, as a sum of products. */
  readonly macs?: readonly Product[];
  /** Axes of inputs that are summed over without a weight, as Dot does. */
  readonly contracted?: readonly InputAxis[];
  /** The layers inside, each traced by {@link ChannelContext.trace}. */
  readonly parts?: readonly LayerPart[];
}

/** One call of a layer. */
export interface LayerCall {
  /** The layer that is called. */
  readonly layer: Layer;
  /** The layer's `getConfig()`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The tensors that go in. */
  readonly inputs: readonly TensorChannels[];
  /** The shapes of the outputs, as the layer computes them. */
  readonly outputShapes: readonly Shape[];
}

/** What a rule can do to channels. */
export interface ChannelContext {
  /** New channels. */
  fresh(count: number): Int32Array;
  /** Binds two axes together, index by index; where one of them is null or they differ in length, the other stays. */
  unify(a: AxisChannels, b: AxisChannels): AxisChannels;
  /**
   * Channels that are computed from those of some axes, index by index, and go together with them. `others` are channels
   * that all of them depend on as well, null for what is not tracked.
   */
  derive(axes: readonly Int32Array[], others?: readonly (number | null)[]): Int32Array;
  /** The same, each from a list of its own. */
  deriveEach(sources: readonly (readonly number[])[]): Int32Array;
  /**
   * Which of several equally good ways to take at this call, 0 being the first: the one that leaves most to remove in the
   * whole model.
   */
  choose(ways: number): number;
  /** Keeps the channels of an axis in the model. */
  fix(axis: AxisChannels | undefined, code: BarrierCode, message: string): void;
  /** Traces a layer inside this one. `times`: how often a call of the outer layer calls it. */
  trace(layer: Layer, inputs: readonly TensorChannels[], options?: TracePartOptions): TensorChannels[];
}

/** How a layer inside a layer is traced. */
export interface TracePartOptions {
  /** How often one call of the outer layer calls it. Default 1. */
  readonly times?: number | AxisChannels;
  /** The last part of its path. Default: it goes by the outer layer's path. */
  readonly name?: string;
}

/** What happens to channels in a class of layers. */
export type ChannelRule = (call: LayerCall, context: ChannelContext) => LayerChannels;

/** The channels that a weight makes along an axis. */
export function out(channels: AxisChannels | undefined): WeightAxis | null {
  return channels ? { role: 'out', channels } : null;
}

/** The channels that a weight reads along an axis, from one of the layer's inputs. */
export function reads(channels: AxisChannels | undefined, input = 0): WeightAxis | null {
  return channels ? { role: 'in', channels, input } : null;
}

/** The channels that pass by a weight. `stops`: a zero of it makes the channel constant. */
export function through(channels: AxisChannels | undefined, stops = false): WeightAxis | null {
  return channels ? { role: 'through', channels, stops } : null;
}
