import { layers as l, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { elements, type LayerMaker, type RandomGraph } from './random-graph.fixture.js';
import { activation, type StepKind, stepKind, upTo, useBias, width } from './random-step.fixture.js';

/** tfjs's own default for recurrent kernels needs ops that only the union package brings. */
const recurrentInitializer = 'glorotNormal';

const of = fc.constantFrom('simpleRNN' as const, 'gru' as const, 'lstm' as const);
const gate = fc.constantFrom('sigmoid' as const, 'hardSigmoid' as const);
const inner = fc.constantFrom('tanh' as const, 'relu' as const, 'elu' as const);

/** The options of a recurrent layer. */
const cellOptions = { of, units: upTo(5), activation: inner, gate, useBias };

interface CellOptions {
  readonly of: 'simpleRNN' | 'gru' | 'lstm';
  readonly units: number;
  readonly activation: 'tanh' | 'relu' | 'elu';
  readonly gate: 'sigmoid' | 'hardSigmoid';
  readonly useBias: boolean;
}

interface RunOptions {
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
}

function configOf({ units, activation, gate, useBias }: CellOptions): {
  units: number;
  activation: 'tanh' | 'relu' | 'elu';
  recurrentActivation: 'sigmoid' | 'hardSigmoid';
  useBias: boolean;
  recurrentInitializer: 'glorotNormal';
} {
  return { units, activation, recurrentActivation: gate, useBias, recurrentInitializer };
}

/** A recurrent layer of its own class, or RNN around its cell. */
function makeRecurrent(graph: LayerMaker, cell: CellOptions, run: RunOptions, asCell = false): l.Layer {
  const config = { ...configOf(cell), ...run };
  if (asCell) return graph.make(l.rnn, { cell: makeCell(graph, cell), ...run });
  if (cell.of === 'simpleRNN') return graph.make(l.simpleRNN, config);
  return cell.of === 'gru' ? graph.make(l.gru, config) : graph.make(l.lstm, config);
}

function makeCell(graph: LayerMaker, cell: CellOptions): l.RNNCell {
  const config = { ...configOf(cell), name: graph.name(`${cell.of}_cell`) };
  if (cell.of === 'simpleRNN') return l.simpleRNNCell(config);
  return cell.of === 'gru' ? l.gruCell(config) : l.lstmCell(config);
}

/** Whether a recurrent layer can take the tensor: tfjs gives every one the mask that it saw last. */
function isRunnable(graph: RandomGraph, x: SymbolicTensor): boolean {
  return !graph.context.isMasked || x.shape[1] === graph.context.time;
}

/** What a recurrent layer returns, with its states kept for others to start from. */
function returned(
  graph: RandomGraph,
  outputs: SymbolicTensor[],
  { returnState }: RunOptions,
): SymbolicTensor[] {
  if (!returnState) return outputs;
  graph.states.push(outputs.slice(1));
  return [...outputs.slice(1, 2), outputs[0] as SymbolicTensor];
}

const runOptions = {
  returnSequences: fc.boolean(),
  returnState: fc.constantFrom(false, false, true),
  goBackwards: fc.constantFrom(false, false, true),
};

/** Steps over time. */
export const recurrentSteps: Readonly<Record<string, StepKind>> = {
  recurrent: stepKind({
    ranks: [3],
    options: { ...cellOptions, ...runOptions, asCell: fc.boolean(), resumes: fc.boolean() },
    add: (graph, x, { asCell, resumes, ...o }) => {
      if (!isRunnable(graph, x)) return undefined;
      const { returnSequences, goBackwards } = o;
      const run = { returnSequences, goBackwards, returnState: o.returnState && !graph.isLinear };
      const states = resumes && !graph.isLinear ? graph.states.at(-1) : undefined;
      const stateCount = o.of === 'lstm' ? 2 : 1;
      const begins = states?.length === stateCount ? states : [];
      const units = begins[0]?.shape[1] ?? o.units;
      const isSame = begins.every(({ shape }) => shape.length === 2 && shape[1] === units);
      const cell: CellOptions = { ...o, units: isSame ? units : o.units };
      const layer = makeRecurrent(graph, cell, run, asCell);
      return returned(graph, graph.call(layer, x, ...(isSame ? begins : [])), run);
    },
  }),
  stackedCells: stepKind({
    ranks: [3],
    options: { first: fc.record(cellOptions), second: fc.record(cellOptions), ...runOptions },
    add: (graph, x, { first, second, returnSequences, returnState, goBackwards }) => {
      if (!isRunnable(graph, x)) return undefined;
      const run = { returnSequences, goBackwards, returnState: returnState && !graph.isLinear };
      const layer = graph.make(l.rnn, { cell: [makeCell(graph, first), makeCell(graph, second)], ...run });
      const [output, ...states] = graph.call(layer, x);
      return [...states.slice(0, 1), output as SymbolicTensor];
    },
  }),
  bidirectional: stepKind({
    ranks: [3],
    options: {
      ...cellOptions,
      ...runOptions,
      asCell: fc.boolean(),
      mergeMode: fc.constantFrom(
        'concat' as const,
        'concat' as const,
        'sum' as const,
        'mul' as const,
        'ave' as const,
        null,
      ),
    },
    add: (graph, x, { mergeMode, asCell, ...o }) => {
      if (!isRunnable(graph, x) || (mergeMode === null && graph.isLinear)) return undefined;
      const { returnSequences, goBackwards } = o;
      const run = { returnSequences, goBackwards, returnState: o.returnState && !graph.isLinear };
      // Made apart from the graph: the wrapper copies it.
      const layer = makeRecurrent(graph.inside, o, run, asCell) as l.RNN;
      const wrapped = graph.make(l.bidirectional, { layer, mergeMode: mergeMode as 'concat' });
      const outputs = graph.call(wrapped, x);
      return mergeMode === null
        ? outputs.slice(0, 2)
        : [...outputs.slice(1, 2), outputs[0] as SymbolicTensor];
    },
  }),
  convLstm2d: stepKind({
    ranks: [5],
    options: { filters: upTo(4), kernelSize: upTo(2), strides: upTo(2), ...runOptions, useBias },
    add: (graph, x, { filters, kernelSize, strides, returnSequences, returnState, goBackwards, useBias }) => {
      const { isMasked } = graph.context;
      if (isMasked || graph.format(x) === 'channelsFirst' || elements(x) > 250) return undefined;
      const run = { returnSequences, goBackwards, returnState: returnState && !graph.isLinear };
      const outputs = graph.call(
        graph.make(
          (config: Parameters<typeof l.convLstm2d>[0]) => l.convLstm2d(config) as unknown as l.Layer,
          {
            ...{ filters, kernelSize, strides, padding: 'same', useBias, recurrentInitializer },
            ...run,
          },
        ),
        x,
      );
      return [...outputs.slice(1, 2), outputs[0] as SymbolicTensor];
    },
  }),
  masking: stepKind({
    ranks: [3],
    options: { maskValue: fc.constantFrom(0, 0.5) },
    add: (graph, x, { maskValue }) => {
      if (!graph.context.isMasked || x.shape[1] !== graph.context.time) return undefined;
      return graph.add(l.masking, { maskValue }, x);
    },
  }),
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
  attention: stepKind({
    ranks: [3],
    options: { width: upTo(4), valueWidth: upTo(4), useBias, normalize: fc.boolean() },
    branches: true,
    add: (graph, x, { width, valueWidth, useBias, normalize }) => {
      const q = graph.add(l.dense, { units: width, useBias }, x);
      const k = graph.add(l.dense, { units: width, useBias }, x);
      const v = graph.add(l.dense, { units: valueWidth, useBias }, x);
      const scores = graph.add(l.dot, { axes: [2, 2] as [number, number], normalize }, q, k);
      const weights = graph.add(l.activation, { activation: 'softmax' as const }, scores);
      return graph.add(l.dot, { axes: [2, 1] as [number, number] }, weights, v);
    },
  }),
  dot: stepKind({
    ranks: [2, 3],
    options: {
      with: fc.nat(3),
      axis: fc.constantFrom(1, 2),
      other: fc.constantFrom(1, 2),
      normalize: fc.boolean(),
    },
    branches: true,
    add: (graph, x, { with: back, axis, other, normalize }) => {
      const a = Math.min(axis, x.shape.length - 1);
      const axisOf = (y: SymbolicTensor) => Math.min(other, y.shape.length - 1);
      const meets = (y: SymbolicTensor) =>
        y !== x && (y.shape.length === 2 || y.shape.length === 3) && y.shape[axisOf(y)] === x.shape[a];
      const units = x.shape[a] as number;
      const y =
        graph.pick(back, meets) ?? (a === x.shape.length - 1 ? graph.add(l.dense, { units }, x) : undefined);
      if (y === undefined) return undefined;
      const axes: [number, number] = [a, y.shape[axisOf(y)] === units ? axisOf(y) : y.shape.length - 1];
      return graph.add(l.dot, { axes, normalize }, x, y);
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
      return graph.make(l.gru, { units, useBias, recurrentInitializer });
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
