import { layers as l, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { elements, type LayerMaker, type RandomGraph } from './random-graph.fixture.js';
import { type StepKind, stepKind, upTo, useBias } from './random-step.fixture.js';

/** tfjs's own default for recurrent kernels needs ops that only the union package brings. */
const recurrentInitializer = 'glorotNormal' as const;

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

/** The type says that it is no Layer. */
function convLstm2d(config: Parameters<typeof l.convLstm2d>[0]): l.Layer {
  return l.convLstm2d(config) as unknown as l.Layer;
}

/** Whether a recurrent layer can take the tensor: tfjs gives every one the mask that it saw last. */
function isRunnable(graph: RandomGraph, x: SymbolicTensor): boolean {
  return !graph.context.isMasked || x.shape[1] === graph.context.time;
}

/**
 * What later steps can go on from. The state and the last output are one tensor in tfjs, which disposes it when the first
 * of both is done: only one of them is offered.
 */
function returned(outputs: SymbolicTensor[], { returnState, returnSequences }: RunOptions): SymbolicTensor[] {
  if (!returnState) return outputs;
  const [output, ...states] = outputs;
  return returnSequences ? [...states, output as SymbolicTensor] : states.reverse();
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
    options: { ...cellOptions, ...runOptions, asCell: fc.boolean() },
    add: (graph, x, { asCell, ...o }) => {
      if (!isRunnable(graph, x)) return undefined;
      const { returnSequences, goBackwards } = o;
      const run = { returnSequences, goBackwards, returnState: o.returnState && !graph.isLinear };
      const layer = makeRecurrent(graph, o, run, asCell);
      return returned(graph.call(layer, x), run);
    },
  }),
  encoderDecoder: stepKind({
    ranks: [3],
    options: { ...cellOptions, returnSequences: fc.boolean(), bothWays: fc.boolean() },
    branches: true,
    add: (graph, x, { returnSequences, bothWays, ...cell }) => {
      // tfjs hands the states on to every recurrent layer that comes later in an inner model or under a mask.
      if (graph.isInner || graph.context.isMasked) return undefined;
      const make = (run: RunOptions) => {
        if (!bothWays) return makeRecurrent(graph, cell, run);
        return graph.make(l.bidirectional, {
          layer: makeRecurrent(graph.inside, cell, run) as l.RNN,
          mergeMode: 'sum',
        });
      };
      const encoder = make({ returnSequences: true, returnState: true, goBackwards: false });
      const [sequence, ...states] = graph.call(encoder, x) as [SymbolicTensor, ...SymbolicTensor[]];
      const decoder = make({ returnSequences, returnState: false, goBackwards: false });
      return [sequence, ...graph.call(decoder, x, ...states)];
    },
  }),
  stackedCells: stepKind({
    ranks: [3],
    options: { first: fc.record(cellOptions), second: fc.record(cellOptions), ...runOptions },
    add: (graph, x, { first, second, returnSequences, returnState, goBackwards }) => {
      if (!isRunnable(graph, x)) return undefined;
      const run = { returnSequences, goBackwards, returnState: returnState && !graph.isLinear };
      const cells = [makeCell(graph, first), makeCell(graph, second)];
      const cell = l.stackedRNNCells({ cells, name: graph.name('stackedCells') }) as l.RNNCell;
      const layer = graph.make(l.rnn, { cell, ...run });
      return returned(graph.call(layer, x), run);
    },
  }),
  bidirectional: stepKind({
    ranks: [3],
    options: {
      ...cellOptions,
      ...runOptions,
      mergeMode: fc.constantFrom(
        'concat' as const,
        'concat' as const,
        'sum' as const,
        'mul' as const,
        'ave' as const,
        null,
      ),
    },
    add: (graph, x, { mergeMode, ...o }) => {
      if (!isRunnable(graph, x) || (mergeMode === null && graph.isLinear)) return undefined;
      const { returnSequences, goBackwards } = o;
      const run = { returnSequences, goBackwards, returnState: o.returnState && !graph.isLinear };
      // Made apart from the graph: the wrapper copies it.
      const layer = makeRecurrent(graph.inside, o, run) as l.RNN;
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
      const window = { kernelSize, strides, padding: 'same' as const };
      const layer = graph.make(convLstm2d, { filters, ...window, useBias, recurrentInitializer, ...run });
      return returned(graph.call(layer, x), run);
    },
  }),
  masking: stepKind({
    ranks: [3],
    options: { maskValue: fc.constantFrom(0, 0.5) },
    add: (graph, x, { maskValue }) => {
      // tfjs disposes the masks of an inner model when it ends, and gives them to what comes after all the same.
      if (graph.isInner || x.shape[1] !== graph.context.time) return undefined;
      return graph.add(l.masking, { maskValue }, x);
    },
  }),
};
