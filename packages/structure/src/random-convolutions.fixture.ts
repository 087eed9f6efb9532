import { layers as l } from '@tensorflow/tfjs-layers';
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

const common = { activation, useBias, trainable };
const windowed = { kernelSize: upTo(3), strides: upTo(2), padding };

/** Steps that add one layer with a kernel. */
export const convolutionSteps: Readonly<Record<string, StepKind>> = {
  dense: stepKind({
    ranks: [2, 3, 4, 5],
    options: { units: width, ...common },
    add: (graph, x, { units, activation, useBias, trainable }) =>
      graph.add(l.dense, { units, activation, useBias, trainable, kernelRegularizer: 'l1l2' }, x),
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
  // Without a depthMultiplier, which tfjs doesn't save.
  separableConv2d: stepKind({
    ranks: [4],
    options: { filters: width, ...windowed, ...common },
    add: (graph, x, { filters, kernelSize, strides, padding, activation, useBias: given, trainable }) => {
      const fit = fitted(graph.space(x), kernelSize, 1, padding);
      const dataFormat = graph.format(x);
      // tfjs adds the bias along the wrong axis.
      const useBias = given && dataFormat === 'channelsLast';
      return graph.add(
        l.separableConv2d,
        { filters, kernelSize, strides, padding: fit, dataFormat, activation, useBias, trainable },
        x,
      );
    },
  }),
};
