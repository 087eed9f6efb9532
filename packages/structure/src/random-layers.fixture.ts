import { layers as l } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { elements } from './random-graph.fixture.js';
import {
  activation,
  fitted,
  padding,
  type StepKind,
  stepKind,
  trainable,
  upTo,
  useBias,
  width,
} from './random-step.fixture.js';

const any = [2, 3, 4, 5];
const common = { activation, useBias, trainable };
const windowed = { kernelSize: upTo(3), strides: upTo(2), padding };
const pool = { poolSize: upTo(3), strides: upTo(2), padding };

/** Steps that add one layer. */
export const layerSteps: Readonly<Record<string, StepKind>> = {
  dense: stepKind({
    ranks: any,
    options: { units: width, ...common },
    add: (graph, x, { units, activation, useBias, trainable }) =>
      graph.add(l.dense, { units, activation, useBias, trainable }, x),
  }),
  conv1d: stepKind({
    ranks: [3],
    options: { filters: width, ...windowed, dilationRate: upTo(2), ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, dilationRate: given, ...o }) => {
      const dilationRate = strides > 1 ? 1 : given;
      const fit = fitted(graph.space(x), kernelSize, dilationRate, padding);
      const { activation, useBias, trainable } = o;
      return graph.add(
        l.conv1d,
        { filters, kernelSize, strides, dilationRate, padding: fit, activation, useBias, trainable },
        x,
      );
    },
  }),
  conv2d: stepKind({
    ranks: [4],
    options: { filters: width, ...windowed, dilationRate: upTo(2), ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, dilationRate: given, ...o }) => {
      const dilationRate = strides > 1 ? 1 : given;
      const fit = fitted(graph.space(x), kernelSize, dilationRate, padding);
      const { activation, useBias, trainable } = o;
      const dataFormat = graph.format(x);
      return graph.add(
        l.conv2d,
        {
          filters,
          kernelSize,
          strides,
          dilationRate,
          padding: fit,
          dataFormat,
          activation,
          useBias,
          trainable,
        },
        x,
      );
    },
  }),
  conv3d: stepKind({
    ranks: [5],
    options: { filters: width, ...windowed, ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, activation, useBias, trainable }) => {
      const fit = fitted(graph.space(x), kernelSize, 1, padding);
      const dataFormat = graph.format(x);
      return graph.add(
        l.conv3d,
        { filters, kernelSize, strides, padding: fit, dataFormat, activation, useBias, trainable },
        x,
      );
    },
  }),
  conv2dTranspose: stepKind({
    ranks: [4],
    options: { filters: width, ...windowed, ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, activation, useBias, trainable }) => {
      if (elements(x) > 100) return undefined;
      const dataFormat = graph.format(x);
      return graph.add(
        l.conv2dTranspose,
        { filters, kernelSize, strides, padding, dataFormat, activation, useBias, trainable },
        x,
      );
    },
  }),
  conv3dTranspose: stepKind({
    ranks: [5],
    options: { filters: width, ...windowed, ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, activation, useBias, trainable }) => {
      if (elements(x) > 60) return undefined;
      const dataFormat = graph.format(x);
      return graph.add(
        l.conv3dTranspose,
        { filters, kernelSize, strides, padding, dataFormat, activation, useBias, trainable },
        x,
      );
    },
  }),
  depthwiseConv2d: stepKind({
    ranks: [4],
    options: { ...windowed, depthMultiplier: upTo(2), ...common },
    add: (graph, x, { kernelSize, strides, padding, depthMultiplier, activation, useBias, trainable }) => {
      const fit = fitted(graph.space(x), kernelSize, 1, padding);
      const dataFormat = graph.format(x);
      return graph.add(
        l.depthwiseConv2d,
        { kernelSize, strides, padding: fit, depthMultiplier, dataFormat, activation, useBias, trainable },
        x,
      );
    },
  }),
  separableConv2d: stepKind({
    ranks: [4],
    options: { filters: width, ...windowed, depthMultiplier: upTo(2), ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, depthMultiplier, ...o }) => {
      const fit = fitted(graph.space(x), kernelSize, 1, padding);
      const { activation, useBias, trainable } = o;
      const dataFormat = graph.format(x);
      return graph.add(
        l.separableConv2d,
        {
          filters,
          kernelSize,
          strides,
          padding: fit,
          depthMultiplier,
          dataFormat,
          activation,
          useBias,
          trainable,
        },
        x,
      );
    },
  }),
  pooling1d: stepKind({
    ranks: [3],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize, strides, padding }) => {
      const config = { poolSize, strides, padding: fitted(graph.space(x), poolSize, 1, padding) };
      return graph.add(max ? l.maxPooling1d : l.averagePooling1d, config, x);
    },
  }),
  pooling2d: stepKind({
    ranks: [4],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize: size, strides: step, padding }) => {
      const fit = fitted(graph.space(x), size, 1, padding);
      const config = { poolSize: size, strides: [step, step] as [number, number], padding: fit };
      return graph.add(
        max ? l.maxPooling2d : l.averagePooling2d,
        { ...config, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  pooling3d: stepKind({
    ranks: [5],
    options: { max: fc.boolean(), ...pool },
    add: (graph, x, { max, poolSize: size, strides, padding }) => {
      const config = { poolSize: size, strides, padding: fitted(graph.space(x), size, 1, padding) };
      return graph.add(
        max ? l.maxPooling3d : l.averagePooling3d,
        { ...config, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  globalPooling: stepKind({
    ranks: [4, 3],
    options: { max: fc.boolean() },
    add: (graph, x, { max }) => {
      if (x.shape.length === 3)
        return graph.add(max ? l.globalMaxPooling1d : l.globalAveragePooling1d, {}, x);
      const dataFormat = graph.format(x);
      return graph.add(max ? l.globalMaxPooling2d : l.globalAveragePooling2d, { dataFormat }, x);
    },
  }),
  zeroPadding2d: stepKind({
    ranks: [4],
    options: { top: fc.nat(1), right: fc.nat(2) },
    add: (graph, x, { top, right }) => {
      const sides: [[number, number], [number, number]] = [
        [top, 0],
        [0, right],
      ];
      return graph.add(l.zeroPadding2d, { padding: sides, dataFormat: graph.format(x) }, x);
    },
  }),
  cropping2d: stepKind({
    ranks: [4],
    options: { bottom: fc.nat(1), left: fc.nat(1) },
    add: (graph, x, { bottom, left }) => {
      if (graph.space(x).some((size) => size < 2)) return undefined;
      const cropping: [[number, number], [number, number]] = [
        [0, bottom],
        [left, 0],
      ];
      return graph.add(l.cropping2D, { cropping, dataFormat: graph.format(x) }, x);
    },
  }),
  upSampling2d: stepKind({
    ranks: [4],
    options: { rows: upTo(2), columns: upTo(2), isBilinear: fc.boolean() },
    add: (graph, x, { rows, columns, isBilinear }) => {
      if (elements(x) > 100) return undefined;
      const interpolation = isBilinear ? 'bilinear' : 'nearest';
      return graph.add(
        l.upSampling2d,
        { size: [rows, columns], interpolation, dataFormat: graph.format(x) },
        x,
      );
    },
  }),
  centerCrop: stepKind({
    ranks: [4],
    options: { height: upTo(4), width: upTo(4) },
    add: (graph, x, { height, width }) => {
      if (graph.format(x) === 'channelsFirst' || elements(x) > 200) return undefined;
      // tfjs overwrites the shape of the symbolic tensor that it crops: let nothing else use it.
      const cropping: [[number, number], [number, number]] = [
        [0, 0],
        [0, 0],
      ];
      return graph.add(l.centerCrop, { height, width }, graph.add(l.cropping2D, { cropping }, x));
    },
  }),
  resizing: stepKind({
    ranks: [4],
    options: { height: upTo(4), width: upTo(4), isNearest: fc.boolean() },
    branches: true,
    add: (graph, x, { height, width, isNearest }) => {
      if (graph.format(x) === 'channelsFirst') return undefined;
      // tfjs says that the batch axis goes: only a layer that doesn't look at the shape can follow.
      const interpolation = isNearest ? ('nearest' as const) : ('bilinear' as const);
      graph.terminals.push(graph.add(l.resizing, { height, width, interpolation }, x));
      return undefined;
    },
  }),
  randomWidth: stepKind({
    ranks: [4],
    options: { seed: fc.nat(9) },
    branches: true,
    add: (graph, x, { seed }) => {
      if (graph.format(x) === 'channelsFirst') return undefined;
      // It is random when the model predicts too: less than half a column, which is none.
      graph.terminals.push(graph.add(l.randomWidth, { factor: 0.01, seed }, x));
      return undefined;
    },
  }),
  rescaling: stepKind({
    ranks: any,
    options: { scale: fc.constantFrom(0.5, 2), offset: fc.constantFrom(0, -0.25) },
    add: (graph, x, { scale, offset }) => graph.add(l.rescaling, { scale, offset }, x),
  }),
  activation: stepKind({
    ranks: any,
    options: { activation },
    add: (graph, x, { activation }) => graph.add(l.activation, { activation }, x),
  }),
  reLU: stepKind({
    ranks: any,
    options: { maxValue: fc.constantFrom(undefined, 1, 6) },
    add: (graph, x, { maxValue }) => graph.add(l.reLU, maxValue === undefined ? {} : { maxValue }, x),
  }),
  leakyReLU: stepKind({
    ranks: any,
    options: {},
    add: (graph, x) => graph.add(l.leakyReLU, { alpha: 0.2 }, x),
  }),
  elu: stepKind({ ranks: any, options: {}, add: (graph, x) => graph.add(l.elu, {}, x) }),
  thresholdedReLU: stepKind({
    ranks: any,
    options: {},
    add: (graph, x) => graph.add(l.thresholdedReLU, { theta: 0.3 }, x),
  }),
  prelu: stepKind({
    ranks: any,
    options: { shares: fc.boolean() },
    add: (graph, x, { shares }) => {
      const axes = Array.from({ length: x.shape.length - 2 }, (_, i) => i + 1);
      const sharedAxes = graph.format(x) === 'channelsFirst' ? axes.map((axis) => axis + 1) : axes;
      return graph.add(l.prelu, shares && axes.length > 0 ? { sharedAxes } : {}, x);
    },
  }),
  softmax: stepKind({
    ranks: any,
    options: { overSpace: fc.boolean() },
    add: (graph, x, { overSpace }) => {
      // It takes a mask, and tfjs would give it one of the wrong rank.
      if (graph.context.isMasked) return undefined;
      return graph.add(l.softmax, { axis: overSpace && x.shape.length === 4 ? [1, 2] : -1 }, x);
    },
  }),
  batchNormalization: stepKind({
    ranks: [4, 2, 3],
    options: {
      first: fc.constantFrom(false, false, false, true),
      center: useBias,
      scale: useBias,
      trainable,
    },
    add: (graph, x, { first, center, scale, trainable }) => {
      const axis = first || graph.format(x) === 'channelsFirst' ? 1 : -1;
      return graph.add(l.batchNormalization, { axis, center, scale, trainable }, x);
    },
  }),
  layerNormalization: stepKind({
    ranks: [3, 2, 4],
    options: { first: fc.constantFrom(false, false, true), center: useBias, scale: useBias },
    add: (graph, x, { first, center, scale }) =>
      graph.add(l.layerNormalization, { axis: first ? 1 : -1, center, scale }, x),
  }),
  dropout: stepKind({
    ranks: any,
    options: { of: fc.constantFrom('plain', 'alpha', 'gaussian', 'noise', 'spatial', 'shaped') },
    add: (graph, x, { of }) => {
      if (of === 'alpha') return graph.add(l.alphaDropout, { rate: 0.2 }, x);
      if (of === 'gaussian') return graph.add(l.gaussianDropout, { rate: 0.2 }, x);
      if (of === 'noise') return graph.add(l.gaussianNoise, { stddev: 0.2 }, x);
      if (of === 'spatial' && x.shape.length === 3) return graph.add(l.spatialDropout1d, { rate: 0.2 }, x);
      const noiseShape = [null as unknown as number, ...(x.shape.slice(1) as number[])];
      return graph.add(l.dropout, of === 'shaped' ? { rate: 0.2, noiseShape } : { rate: 0.2 }, x);
    },
  }),
};
