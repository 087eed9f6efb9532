import { layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { type RandomGraph, sameShape } from './random-graph.fixture.js';
import { activation, type StepKind, stepKind, upTo, useBias, width } from './random-step.fixture.js';

const merges = {
  add: l.add,
  multiply: l.multiply,
  average: l.average,
  maximum: l.maximum,
  minimum: l.minimum,
};
const merge = fc.constantFrom(...(Object.keys(merges) as (keyof typeof merges)[]));

/** A convolution or a dense layer that keeps the tensor's shape, or changes its channels alone. */
function project(
  graph: RandomGraph,
  x: SymbolicTensor,
  channels: number,
  useBias: boolean,
  wide = 1,
): SymbolicTensor {
  const dataFormat = graph.format(x);
  const config = { filters: channels, kernelSize: wide, padding: 'same' as const, useBias, dataFormat };
  if (x.shape.length === 4) return graph.add(l.conv2d, config, x);
  if (x.shape.length === 5) return graph.add(l.conv3d, config, x);
  return graph.add(l.dense, { units: channels, useBias }, x);
}

function normalized(graph: RandomGraph, x: SymbolicTensor): SymbolicTensor {
  // On another axis than the last, the backends cpu and wasm take the wrong statistics.
  return x.shape.length > 4 || graph.format(x) === 'channelsFirst'
    ? x
    : graph.add(l.batchNormalization, {}, x);
}

/** Steps that add several layers, or bring tensors together. */
export const blockSteps: Readonly<Record<string, StepKind>> = {
  merge: stepKind({
    ranks: [2, 3, 4, 5],
    options: { by: merge, with: fc.nat(3), third: fc.boolean(), useBias },
    branches: true,
    add: (graph, x, { by, with: back, third, useBias }) => {
      if (graph.mayBeMasked(x)) return undefined;
      const found = graph.pick(back, (tensor) => tensor !== x && sameShape(tensor, x));
      const other = found ?? project(graph, x, graph.channels(x), useBias);
      const inputs = third
        ? [x, other, graph.add(l.activation, { activation: 'tanh' as const }, x)]
        : [x, other];
      return graph.add(merges[by], {}, ...inputs);
    },
  }),
  residual: stepKind({
    ranks: [4, 3, 2, 5],
    options: { width, kernelSize: upTo(3), useBias, norm: fc.boolean() },
    branches: true,
    add: (graph, x, { width, kernelSize, useBias, norm }) => {
      if (graph.mayBeMasked(x)) return undefined;
      let y = project(graph, x, width, useBias, kernelSize);
      if (norm) y = normalized(graph, y);
      y = graph.add(l.reLU, {}, y);
      y = project(graph, y, graph.channels(x), useBias, kernelSize);
      return graph.add(l.add, {}, x, norm ? normalized(graph, y) : y);
    },
  }),
  squeezeAndExcite: stepKind({
    ranks: [4],
    options: { width, reshapes: fc.boolean(), useBias },
    branches: true,
    add: (graph, x, { width, reshapes, useBias }) => {
      const dataFormat = graph.format(x);
      const channels = graph.channels(x);
      const pooled = graph.add(l.globalAveragePooling2d, { dataFormat }, x);
      const squeezed = graph.add(l.dense, { units: width, activation: 'relu', useBias }, pooled);
      const gate = graph.add(l.dense, { units: channels, activation: 'sigmoid', useBias }, squeezed);
      if (dataFormat === 'channelsLast' && !reshapes) return graph.add(l.multiply, {}, x, gate);
      const targetShape = dataFormat === 'channelsFirst' ? [channels, 1, 1] : [1, 1, channels];
      const shaped = graph.add(l.reshape, { targetShape }, gate);
      return graph.setFormat(graph.add(l.multiply, {}, x, shaped), dataFormat);
    },
  }),
  gate: stepKind({
    ranks: [4, 3],
    options: { by: merge, useBias },
    branches: true,
    add: (graph, x, { by, useBias }) =>
      graph.mayBeMasked(x) ? undefined : graph.add(merges[by], {}, x, project(graph, x, 1, useBias)),
  }),
  invertedResidual: stepKind({
    ranks: [4],
    options: { expand: upTo(3), kernelSize: upTo(3), multiplier: upTo(2), useBias },
    branches: true,
    add: (graph, x, { expand, kernelSize, multiplier, useBias }) => {
      const dataFormat = graph.format(x);
      const wide = graph.add(
        l.reLU,
        { maxValue: 6 },
        normalized(graph, project(graph, x, graph.channels(x) * expand, useBias)),
      );
      const config = {
        kernelSize,
        padding: 'same' as const,
        depthMultiplier: multiplier,
        useBias,
        dataFormat,
      };
      const deep = graph.add(
        l.reLU,
        { maxValue: 6 },
        normalized(graph, graph.add(l.depthwiseConv2d, config, wide)),
      );
      return graph.add(l.add, {}, x, normalized(graph, project(graph, deep, graph.channels(x), useBias)));
    },
  }),
  bottleneck: stepKind({
    ranks: [4, 2, 3],
    options: { width, activation, norm: fc.boolean(), useBias },
    add: (graph, x, { width, activation, norm, useBias }) => {
      let y = project(graph, x, width, useBias);
      if (norm) y = normalized(graph, y);
      return project(graph, graph.add(l.activation, { activation }, y), 3, useBias);
    },
  }),
  denseReshapeDense: stepKind({
    ranks: [2],
    options: { width: upTo(3), useBias },
    add: (graph, x, { width, useBias }) => {
      const y = graph.add(l.dense, { units: 4 * width, activation: 'relu', useBias }, x);
      return graph.add(l.dense, { units: 3 }, graph.add(l.reshape, { targetShape: [4, width] }, y));
    },
  }),
  shared: stepKind({
    ranks: [4, 3, 2],
    options: {
      layer: fc.constantFrom('dense', 'conv', 'norm', 'prelu', 'recurrent'),
      with: fc.nat(3),
      units: width,
      again: fc.boolean(),
      join: fc.constantFrom('add', 'concatenate', 'none'),
      useBias,
    },
    branches: true,
    add: (graph, x, { layer: of, with: back, units, again, join, useBias }) => {
      if (graph.mayBeMasked(x)) return undefined;
      const layer = sharedLayer(graph, x, of, again ? graph.channels(x) : units, useBias);
      const others = (tensor: SymbolicTensor) =>
        tensor !== x &&
        tensor.shape.length === x.shape.length &&
        graph.format(tensor) === graph.format(x) &&
        graph.channels(tensor) === graph.channels(x) &&
        tensor.shape.at(-1) === x.shape.at(-1) &&
        (of === 'prelu' ? sameShape(tensor, x) : true) &&
        (of === 'recurrent' ? tensor.shape[1] === x.shape[1] : true);
      // The older tensor first: tfjs swaps calls of which the later one is ready earlier.
      const other = graph.pick(back, others) ?? x;
      const [first, second] = other.id < x.id ? [other, x] : [x, other];
      const [a] = graph.call(layer, first);
      if (a === undefined) return undefined;
      const [b] = graph.call(layer, again && sameShape(a, first) ? a : second);
      if (b === undefined || join === 'none' || !sameShape(a, b)) return [a, ...(b === undefined ? [] : [b])];
      return join === 'add' ? graph.add(l.add, {}, a, b) : graph.add(l.concatenate, {}, a, b);
    },
  }),
};

function sharedLayer(
  graph: RandomGraph,
  x: SymbolicTensor,
  of: string,
  units: number,
  useBias: boolean,
): l.Layer {
  const dataFormat = graph.format(x);
  if (of === 'norm') return graph.make(l.batchNormalization, {});
  if (of === 'prelu') return graph.make(l.prelu, {});
  if (of === 'recurrent' && x.shape.length === 3 && !graph.context.isMasked) {
    return graph.make(l.gru, { units, recurrentInitializer: 'glorotNormal', returnSequences: true });
  }
  if (of === 'conv' && x.shape.length === 4) {
    return graph.make(l.conv2d, { filters: units, kernelSize: 2, padding: 'same', dataFormat, useBias });
  }
  return graph.make(l.dense, { units, useBias });
}
