import type { ChannelRule } from './rule.js';
import { activationLayer, passing, softmaxLayer } from './rules/activation.js';
import { barrier, maskingLayer } from './rules/barrier.js';
import { conv, convTranspose, depthwise, separable } from './rules/convolution.js';
import { dense } from './rules/dense.js';
import { embedding } from './rules/embedding.js';
import { concatenate, dot, elementwise } from './rules/merge.js';
import { batchNormalization, layerNormalization, prelu } from './rules/normalization.js';
import { globalPooling, spatial } from './rules/pooling.js';
import { convLstm, convLstmCell, recurrent, recurrentCell, stackedCells } from './rules/recurrent.js';
import { flatten, permute, repeatVector, reshape } from './rules/reshape.js';
import { bidirectional, pruningWrapper, timeDistributed } from './rules/wrapper.js';
import { StructureError } from './structure-error.js';

const builtIn: ReadonlyMap<string, ChannelRule> = new Map<string, ChannelRule>([
  ['Dense', dense],
  ['Conv1D', conv],
  ['Conv2D', conv],
  ['Conv3D', conv],
  ['Conv2DTranspose', convTranspose],
  ['Conv3DTranspose', convTranspose],
  ['DepthwiseConv2D', depthwise],
  ['SeparableConv2D', separable],
  ['Embedding', embedding],
  ['SimpleRNN', recurrent('units')],
  ['GRU', recurrent('units')],
  ['LSTM', recurrent('units')],
  ['RNN', recurrent()],
  ['ConvLSTM2D', convLstm],
  ['SimpleRNNCell', recurrentCell(1, 1)],
  ['GRUCell', recurrentCell(3, 1)],
  ['LSTMCell', recurrentCell(4, 2)],
  ['StackedRNNCells', stackedCells],
  ['ConvLSTM2DCell', convLstmCell],
  ['Bidirectional', bidirectional],
  ['TimeDistributed', timeDistributed],
  ['PruneLowMagnitude', pruningWrapper],
  ['BatchNormalization', batchNormalization],
  ['LayerNormalization', layerNormalization],
  ['PReLU', prelu],
  ['Activation', activationLayer],
  ['Softmax', softmaxLayer],
  ...['ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU', 'Dropout', 'SpatialDropout1D', 'GaussianNoise'].map(
    same,
  ),
  ...['GaussianDropout', 'AlphaDropout', 'Rescaling'].map(same),
  ...['Add', 'Multiply', 'Average', 'Maximum', 'Minimum'].map((name): [string, ChannelRule] => [
    name,
    elementwise,
  ]),
  ['Concatenate', concatenate],
  ['Dot', dot],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Permute', permute],
  ['RepeatVector', repeatVector],
  ...['MaxPooling1D', 'AveragePooling1D', 'MaxPooling2D', 'AveragePooling2D', 'MaxPooling3D'].map(onChannels),
  ...['AveragePooling3D', 'ZeroPadding2D', 'Cropping2D', 'UpSampling2D'].map(onChannels),
  ...['CenterCrop', 'Resizing', 'RandomWidth'].map(onChannels),
  ...['GlobalAveragePooling1D', 'GlobalMaxPooling1D', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D'].map(
    (name): [string, ChannelRule] => [name, globalPooling],
  ),
  ['Masking', maskingLayer],
  ['CategoryEncoding', barrier('indices', 'its input holds indices, not channels')],
]);

function same(name: string): [string, ChannelRule] {
  return [name, passing];
}

function onChannels(name: string): [string, ChannelRule] {
  return [name, spatial];
}

const registered = new Map<string, ChannelRule>();

/**
 * Registers what happens to channels in a custom layer class, so that they can be removed before it, in it and after it.
 * A layer class without a rule keeps every channel that it touches in the model.
 *
 * @param className The class's static `className`.
 * @throws StructureError when the class has a rule already.
 */
export function registerChannelRule(className: string, rule: ChannelRule): void {
  if (builtIn.has(className) || (registered.has(className) && registered.get(className) !== rule)) {
    throw new StructureError(`className: the layer class "${className}" has a rule already`, {
      option: 'className',
      value: className,
    });
  }
  registered.set(className, rule);
}

/** Whether channels can be followed through layers of a class. */
export function hasChannelRule(className: string): boolean {
  return builtIn.has(className) || registered.has(className);
}

/** Whether the class is one of tfjs-layers, or our wrapper: what it computes is known. */
export function isBuiltIn(className: string): boolean {
  return builtIn.has(className);
}

/** The rule of a layer class: for one that has none, a barrier. */
export function ruleOf(className: string): ChannelRule {
  return (
    builtIn.get(className) ??
    registered.get(className) ??
    barrier('unknown-layer', `the layer class "${className}" has no rule; give it one by registerChannelRule`)
  );
}
