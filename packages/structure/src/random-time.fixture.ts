import { layers as l, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import type { LayerMaker } from './random-graph.fixture.js';
import { activation, type StepKind, stepKind, useBias, width } from './random-step.fixture.js';

/** Steps that wrap a layer in TimeDistributed. */
export const timeSteps: Readonly<Record<string, StepKind>> = {
  timeDistributed: stepKind({
    ranks: [3, 5, 4],
    options: {
      inner: fc.constantFrom(
        'dense',
        'conv',
        'depthwise',
        'flatten',
        'pool',
        'norm',
        'recurrent',
        'model',
        'activation',
      ),
      units: width,
      activation,
      useBias,
    },
    add: (graph, x, { inner, units, activation, useBias }) => {
      if (graph.format(x) === 'channelsFirst') return undefined;
      const layer = distributed(graph.inside, x, inner, { units, activation, useBias });
      return layer && graph.add(l.timeDistributed, { layer }, x);
    },
  }),
  // Models give lists of tensors to layers, which these can't take: they run in a wrapper alone.
  distributedResizing: stepKind({
    ranks: [5],
    options: { random: fc.boolean(), nearest: fc.boolean() },
    branches: true,
    add: (graph, x, { random, nearest }) => {
      if (graph.format(x) === 'channelsFirst') return undefined;
      const interpolation = nearest ? ('nearest' as const) : ('bilinear' as const);
      // RandomWidth is random when the model predicts too: by less than half a column, which is not at all.
      const layer = random
        ? graph.inside.make(l.randomWidth, { factor: 0.01, seed: 1, interpolation })
        : graph.inside.make(l.resizing, { height: 2, width: 3, interpolation });
      // tfjs says that an axis goes: nothing that looks at the shape can follow.
      graph.terminals.push(graph.add(l.timeDistributed, { layer }, x));
      return undefined;
    },
  }),
};

/** A layer for each time step of a tensor. */
function distributed(
  graph: LayerMaker,
  x: SymbolicTensor,
  inner: string,
  {
    units,
    activation,
    useBias,
  }: { units: number; activation: 'linear' | 'relu' | 'softmax'; useBias: boolean },
): l.Layer | undefined {
  const rank = x.shape.length - 1;
  if (inner === 'dense') return graph.make(l.dense, { units, activation, useBias });
  if (inner === 'activation') return graph.make(l.activation, { activation });
  if (inner === 'norm' && rank < 5) return graph.make(l.batchNormalization, {});
  if (inner === 'flatten' && rank > 2) return graph.make(l.flatten, {});
  if (inner === 'model') return distributedModel(graph, x, units, useBias);
  if (rank === 3) {
    if (inner === 'conv') return graph.make(l.conv1d, { filters: units, kernelSize: 1, activation, useBias });
    if (inner === 'pool') return graph.make(l.globalMaxPooling1d, {});
    if (inner === 'recurrent' && !graph.context.isMasked) {
      return graph.make(l.gru, { units, useBias, recurrentInitializer: 'glorotNormal' });
    }
  }
  if (rank === 4) {
    if (inner === 'conv') {
      return graph.make(l.conv2d, {
        filters: units,
        kernelSize: 2,
        padding: 'same',
        activation,
        useBias,
      });
    }
    if (inner === 'depthwise')
      return graph.make(l.depthwiseConv2d, { kernelSize: 1, depthMultiplier: 2, useBias });
    if (inner === 'pool')
      return graph.make(l.averagePooling2d, { poolSize: 2, strides: [1, 1], padding: 'same' });
  }
  return undefined;
}

function distributedModel(graph: LayerMaker, x: SymbolicTensor, units: number, useBias: boolean): l.Layer {
  const layers = [
    l.dense({ units, useBias, batchInputShape: [null, ...x.shape.slice(2)], name: graph.name('dense') }),
    l.reLU({ name: graph.name('reLU') }),
    l.dense({ units: 2, name: graph.name('dense') }),
  ];
  return sequential({ layers, name: graph.name('sequential') });
}
