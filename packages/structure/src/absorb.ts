import { type Container, isContainer, type Layer } from '@secateur/layers';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { biasShift } from './bias-shift.js';
import { constantChannels } from './constant-channels.js';
import type { LayerTrace } from './layer-trace.js';
import { type MeasuredConstants, measureConstants } from './measured-constants.js';
import { type Reading, readingsOf } from './readings.js';
import type { Removal, Structure } from './structure.js';

/** A channel that sends a constant which no bias can take over, and where. */
interface StuckChannel {
  /** The number of the channel. */
  readonly channel: number;
  /** The path of the layer that reads it. */
  readonly layer: string;
  /** Why. */
  readonly reason: string;
}

/** By how much a layer's bias moves. */
interface Shift {
  readonly call: LayerTrace;
  readonly values: Float32Array;
}

/** A channel that stands for others: the layer reads from it what it read from them. */
export interface Carrier {
  readonly call: LayerTrace;
  /** The index of the carrier along the axis that the kernel reads. */
  readonly index: number;
  /** For each index along the axis: its constant over the carrier's, 0 for those that stay what they are. */
  readonly ratios: Float32Array;
}

/** What became of channels that send constants. */
export interface Absorption {
  /** The channels that nothing depends on any more. */
  readonly removed: Removal;
  /** What each layer takes over, by output channel. */
  readonly shifts: readonly Shift[];
  /** The channels that stand for others where no bias can. */
  readonly carriers: readonly Carrier[];
  /** The channels that are needed for their constants. */
  readonly stuck: readonly StuckChannel[];
}

const notConstant = 'what it sends is not constant';

/** A reading and the indices along it that need their constant taken over. */
interface ConstantReading {
  readonly reading: Reading;
  readonly indices: readonly number[];
}

/**
 * Finds the channels that can go without a change in the answers: those that nothing reads, and those that send a constant
 * to every layer that reads them, which its bias takes over where that is exact: where the layer's output moves by the same
 * amount at every position. A convolution with zero padding sees no constant beyond the edge, so its output doesn't. Then
 * one of the channels stays and stands for the others, which send a multiple of what it sends; or with `approximate` the
 * bias takes over the mean of the constant, and the amount that it gives away from the edges.
 *
 * @param model Our own model, which `structure` is of.
 */
export async function absorbConstants(
  model: LayersModel,
  structure: Structure,
  probe: readonly Tensor[],
  approximate: boolean,
): Promise<Absorption> {
  const { channelOf, trace } = structure;
  const readings = await readingsOf(trace);
  const { candidates, varying } = await constantOrUnread(structure, readings);
  const needed = readings.flatMap((reading): ConstantReading[] => {
    const isNeeded = (id: number, index: number) =>
      reading.isRead[index] === 1 && candidates[channelOf(id)] === 1;
    const indices = [...reading.channels.keys()].filter((index) =>
      isNeeded(reading.channels[index] as number, index),
    );
    return indices.length === 0 ? [] : [{ reading, indices }];
  });
  const measured = await measureConstants(
    model,
    needed.map(({ reading }) => reading),
    probe,
    approximate,
  );
  const reasons = await Promise.all(
    measured.map((constants, index) => {
      const { indices } = needed[index] as ConstantReading;
      return whyNot(model, { ...constants, values: only(constants.values, indices) }, approximate);
    }),
  );
  const stuck = stuckChannels(channelOf, needed, measured, reasons);
  const removed = candidates.map((isCandidate, channel) => (stuck.has(channel) ? 0 : isCandidate));
  const shifts: Shift[] = [];
  const carriers: Carrier[] = [];
  for (const [index, constants] of measured.entries()) {
    const { reading, indices } = needed[index] as ConstantReading;
    const { call } = reading;
    const going = indices.filter((at) => removed[channelOf(reading.channels[at] as number)] === 1);
    const values = only(constants.values, going);
    if (values.every((value) => value === 0)) continue;
    if (reasons[index] === undefined) {
      shifts.push({ call, values: (await biasShift({ ...constants, values })).values });
      continue;
    }
    const staying = indices.filter((at) => !going.includes(at));
    const carrier = largest(staying, constants.values);
    const scale = constants.values[carrier] as number;
    carriers.push({ call, index: carrier, ratios: Float32Array.from(values, (value) => value / scale) });
  }
  return { removed, shifts, carriers, stuck: [...varying, ...stuck.values()] };
}

/** The channels that have to stay: where no bias can take constants over, one of them can stand for the others. */
function stuckChannels(
  channelOf: Structure['channelOf'],
  needed: readonly ConstantReading[],
  measured: readonly MeasuredConstants[],
  reasons: readonly (string | undefined)[],
): Map<number, StuckChannel> {
  const stuck = new Map<number, StuckChannel>();
  const add = ({ call, channels }: Reading, index: number, reason: string) => {
    const channel = channelOf(channels[index] as number);
    if (!stuck.has(channel)) stuck.set(channel, { channel, layer: call.path, reason });
  };
  measured.forEach(({ values }, at) => {
    const { reading, indices } = needed[at] as ConstantReading;
    const reason = reasons[at];
    for (const index of indices) {
      if (Number.isNaN(values[index])) add(reading, index, notConstant);
      else if (values[index] !== 0 && reason !== undefined && reading.weight !== 'kernel')
        add(reading, index, reason);
    }
  });
  measured.forEach(({ values }, at) => {
    const { reading, indices } = needed[at] as ConstantReading;
    const reason = reasons[at];
    const sending = indices.filter((index) => values[index] !== 0 && !Number.isNaN(values[index]));
    if (reason === undefined || reading.weight !== 'kernel' || sending.length === 0) return;
    const isStuck = (index: number) => stuck.has(channelOf(reading.channels[index] as number));
    if (!sending.some(isStuck)) add(reading, largest(sending, values), reason);
  });
  return stuck;
}

/** The index of the value of largest magnitude. */
function largest(indices: readonly number[], values: Float64Array): number {
  const size = (index: number) => Math.abs(values[index] as number);
  return indices.reduce((best, index) => (size(index) > size(best) ? index : best));
}

/** Channels of which every reading is of no effect (its weights are zero) or of a constant. */
interface Candidates {
  readonly candidates: Removal;
  /** Channels that some layer makes of nothing, and that are still no constant to one that reads them. */
  readonly varying: readonly StuckChannel[];
}

async function constantOrUnread(
  { trace, channelOf, barriers }: Structure,
  readings: readonly Reading[],
): Promise<Candidates> {
  const { isConstant, isUnwritten } = await constantChannels(trace);
  const variesAt = new Map<number, string>();
  for (const { channels, calls, isRead: isUsed, input, call } of readings) {
    channels.forEach((id, index) => {
      const isFixed = input !== undefined && calls.every((ids) => isConstant(ids[index] as number));
      if (isUsed[index] === 1 && !isFixed && !variesAt.has(channelOf(id)))
        variesAt.set(channelOf(id), call.path);
    });
  }
  const isFree = (channel: number) => barriers[channel]?.length === 0;
  const made = [...trace.layers.values()].flatMap(({ channels }) => [...(channels.units ?? [])]);
  const ofNothing = new Set(made.filter(isUnwritten).map(channelOf));
  const candidates = new Uint8Array(barriers.length);
  for (const channel of new Set(made.map(channelOf))) {
    if (isFree(channel) && !variesAt.has(channel)) candidates[channel] = 1;
  }
  return {
    candidates,
    varying: [...ofNothing].flatMap((channel) => {
      const layer = variesAt.get(channel);
      return layer !== undefined && isFree(channel) ? [{ channel, layer, reason: notConstant }] : [];
    }),
  };
}

/** The constants at some indices, and 0 elsewhere and where there is none. */
function only(values: Float64Array, indices: readonly number[]): Float64Array {
  const chosen = new Float64Array(values.length);
  for (const index of indices) chosen[index] = Number.isNaN(values[index]) ? 0 : (values[index] as number);
  return chosen;
}

/** Why the layer's bias can't take over these constants. */
async function whyNot(
  model: LayersModel,
  constants: MeasuredConstants,
  approximate: boolean,
): Promise<string | undefined> {
  if (constants.values.every((constant) => constant === 0)) return undefined;
  const { call, weight } = constants.reading;
  if (weight === undefined || weight === 'recurrent_kernel') return 'no bias stands beside what reads it';
  const config = call.layer.getConfig();
  if (call.layer.getClassName() === 'SeparableConv2D' && config.dataFormat === 'channelsFirst') {
    return 'TensorFlow.js adds the bias of the layer along another axis';
  }
  const hasBias = call.variables.some(({ name }) => name === 'bias');
  const canHaveOne = 'useBias' in config && isDirect(model, call.layer);
  if (!hasBias && !canHaveOne) return 'the layer has no bias that could take its constant over';
  const { isUniform } = await biasShift(constants);
  return isUniform || approximate ? undefined : 'its constant meets the zero padding there';
}

/** Whether the layer stands in a model itself, not inside another layer such as Bidirectional. */
function isDirect(model: Container, layer: Layer): boolean {
  return model.layers.some((one) => one === layer || (isContainer(one) && isDirect(one, layer)));
}
