import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, outputsOf, type StructureCase } from './structure-case.js';

/** The default for recurrent kernels needs an op that only the union package brings. */
const recurrentInitializer = 'glorotNormal';
const head = () => l.dense({ name: 'head', units: 2 });

/** Recurrent layers: a unit lives in every gate, and reads itself. */
export const recurrentCases: readonly StructureCase[] = [
  {
    name: 'LSTM',
    peers: 'lstm',
    build: () => chain(l.lstm({ name: 'lstm', units: 6, recurrentInitializer, inputShape: [5, 3] }), head()),
    layer: 'lstm',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'lstm/recurrent_kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { lstm: [[3, 12], [3, 12], [12]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'GRU',
    peers: 'gru',
    build: () => chain(l.gru({ name: 'gru', units: 6, recurrentInitializer, inputShape: [5, 3] }), head()),
    layer: 'gru',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'gru/recurrent_kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { gru: [[3, 9], [3, 9], [9]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'SimpleRNN, backwards',
    build: () =>
      chain(
        l.simpleRNN({ name: 'rnn', units: 6, recurrentInitializer, goBackwards: true, inputShape: [5, 3] }),
        head(),
      ),
    layer: 'rnn',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'rnn/recurrent_kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { rnn: [[3, 3], [3, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'stacked LSTMs with returnSequences',
    peers: 'stacked',
    build: () =>
      chain(
        l.lstm({
          name: 'lower',
          units: 6,
          recurrentInitializer,
          returnSequences: true,
          inputShape: [5, 3],
        }),
        l.lstm({ name: 'upper', units: 4, recurrentInitializer }),
        head(),
      ),
    layer: 'lower',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'lower/recurrent_kernel': [0, [1, 3, 5]], 'upper/kernel': [0, [1, 3, 5]] },
      after: { lower: [[3, 12], [3, 12], [12]], upper: [[3, 16], [4, 16], [16]] },
    },
  },
  {
    name: 'Bidirectional, concat',
    peers: 'bidirectional',
    build: () =>
      chain(
        l.bidirectional({
          name: 'both',
          layer: l.lstm({ name: 'lstm', units: 4, recurrentInitializer }) as l.RNN,
          mergeMode: 'concat',
          inputShape: [5, 3],
        }),
        head(),
      ),
    layer: 'both',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: {
        'both/forward_lstm/recurrent_kernel': [0, [1, 3]],
        'both/backward_lstm/recurrent_kernel': [0, [1, 3]],
        'head/kernel': [0, [1, 3, 5, 7]],
      },
      after: { both: [[3, 8], [2, 8], [8], [3, 8], [2, 8], [8]], head: [[4, 2], [2]] },
    },
  },
  bidirectional('sum'),
  bidirectional('mul'),
  bidirectional('ave'),
  {
    name: 'Bidirectional without a merge, each direction with its own reader',
    build: () => {
      const x = input({ shape: [5, 3] });
      const [forward, backward] = outputsOf(
        l.bidirectional({
          name: 'both',
          layer: l.gru({ name: 'gru', units: 4, recurrentInitializer }) as l.RNN,
          mergeMode: null as never,
        }),
        x,
      );
      return model({
        inputs: x,
        outputs: [
          on(l.dense({ name: 'first', units: 2 }), forward),
          on(l.dense({ name: 'second', units: 3 }), backward),
        ],
      });
    },
    layer: 'both',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: {
        'both/forward_gru/recurrent_kernel': [0, [1, 3]],
        'both/backward_gru/recurrent_kernel': [0, [1, 3]],
        'first/kernel': [0, [1, 3]],
        'second/kernel': [0, [1, 3]],
      },
      after: {
        both: [[3, 6], [2, 6], [6], [3, 6], [2, 6], [6]],
        first: [[2, 2], [2]],
        second: [[2, 3], [3]],
      },
    },
  },
  {
    name: 'encoder’s final states start the decoder',
    build: () => {
      const [source, target] = [input({ shape: [5, 3] }), input({ shape: [4, 2] })];
      const encoder = l.lstm({ name: 'encoder', units: 6, recurrentInitializer, returnState: true });
      const [, hidden, cell] = outputsOf(encoder, source);
      const decoder = l.lstm({ name: 'decoder', units: 6, recurrentInitializer, returnSequences: true });
      const [decoded] = outputsOf(decoder, target, { initialState: [hidden, cell] });
      return model({ inputs: [source, target], outputs: on(head(), decoded) });
    },
    layer: 'encoder',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: {
        'encoder/recurrent_kernel': [0, [1, 3, 5]],
        'decoder/recurrent_kernel': [0, [1, 3, 5]],
        'head/kernel': [0, [1, 3, 5]],
      },
      after: {
        encoder: [[3, 12], [3, 12], [12]],
        decoder: [[2, 12], [3, 12], [12]],
        head: [[3, 2], [2]],
      },
    },
  },
  {
    name: 'final states of both directions, concatenated, start the decoder',
    build: () => {
      const [source, target] = [input({ shape: [5, 3] }), input({ shape: [4, 2] })];
      const encoder = l.bidirectional({
        name: 'both',
        layer: l.lstm({ name: 'lstm', units: 4, recurrentInitializer, returnState: true }) as l.RNN,
        mergeMode: 'concat',
      });
      const [, forwardH, forwardC, backwardH, backwardC] = outputsOf(encoder, source);
      const initialState = [
        on(l.concatenate(), forwardH, backwardH),
        on(l.concatenate(), forwardC, backwardC),
      ];
      const decoder = l.lstm({ name: 'decoder', units: 8, recurrentInitializer });
      const [decoded] = outputsOf(decoder, target, { initialState });
      return model({ inputs: [source, target], outputs: on(head(), decoded) });
    },
    layer: 'both',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: {
        'both/forward_lstm/recurrent_kernel': [0, [1, 3]],
        'both/backward_lstm/recurrent_kernel': [0, [1, 3]],
        'decoder/recurrent_kernel': [0, [1, 3, 5, 7]],
        'head/kernel': [0, [1, 3, 5, 7]],
      },
      after: {
        both: [[3, 8], [2, 8], [8], [3, 8], [2, 8], [8]],
        decoder: [[2, 16], [4, 16], [16]],
        head: [[4, 2], [2]],
      },
    },
  },
  {
    name: 'a dense layer starts a GRU, as in captioning',
    build: () => {
      const [image, words] = [input({ shape: [4] }), input({ shape: [5, 3] })];
      const start = on(l.dense({ name: 'start', units: 6, activation: 'tanh' }), image);
      const [last] = outputsOf(l.gru({ name: 'gru', units: 6, recurrentInitializer }), words, {
        initialState: [start],
      });
      return model({ inputs: [image, words], outputs: on(head(), last) });
    },
    layer: 'start',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'gru/recurrent_kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { start: [[4, 3], [3]], gru: [[3, 9], [3, 9], [9]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'stacked cells, the lower one',
    build: stackedCells,
    layer: 'stack/lower',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: {
        'stack/RNNCell_0/recurrent_kernel': [0, [1, 3, 5]],
        'stack/RNNCell_1/kernel': [0, [1, 3, 5]],
      },
      after: { stack: [[3, 12], [3, 12], [12], [3, 12], [4, 12], [12]] },
    },
  },
  {
    name: 'stacked cells, the upper one',
    build: stackedCells,
    layer: 'stack/upper',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'stack/RNNCell_1/recurrent_kernel': [0, [1, 3]], 'head/kernel': [0, [1, 3]] },
      after: { stack: [[3, 24], [6, 24], [24], [6, 6], [2, 6], [6]], head: [[2, 2], [2]] },
    },
  },
  {
    name: 'ConvLSTM2D',
    build: () =>
      chain(
        l.convLstm2d({
          name: 'film',
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          recurrentInitializer,
          inputShape: [3, 5, 5, 2],
        }) as l.Layer,
        l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }),
      ),
    layer: 'film',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'film/recurrent_kernel': [2, [1, 3]], 'next/kernel': [2, [1, 3]] },
      after: { film: [[3, 3, 2, 8], [3, 3, 2, 8], [8]], next: [[2, 2, 2, 3], [3]] },
    },
  },
  {
    name: 'masking in front of an LSTM',
    blank: 6,
    build: () =>
      chain(
        l.masking({ name: 'mask', maskValue: 0, inputShape: [5, 3] }),
        l.lstm({ name: 'lstm', units: 6, recurrentInitializer }),
        head(),
      ),
    layer: 'lstm',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'lstm/recurrent_kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { lstm: [[3, 12], [3, 12], [12]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'sequence autoencoder over a RepeatVector',
    build: () =>
      chain(
        l.lstm({ name: 'encoder', units: 6, recurrentInitializer, inputShape: [4, 3] }),
        l.repeatVector({ n: 4 }),
        l.lstm({ name: 'decoder', units: 5, recurrentInitializer, returnSequences: true }),
        l.timeDistributed({ name: 'head', layer: l.dense({ units: 3 }) }),
      ),
    layer: 'encoder',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'encoder/recurrent_kernel': [0, [1, 3, 5]], 'decoder/kernel': [0, [1, 3, 5]] },
      after: { encoder: [[3, 12], [3, 12], [12]], decoder: [[3, 20], [5, 20], [20]] },
    },
  },
  {
    name: 'embedding width',
    vocabulary: 9,
    peers: 'embedding',
    build: () =>
      chain(
        l.embedding({ name: 'words', inputDim: 9, outputDim: 6, inputLength: 5 }),
        l.globalAveragePooling1d(),
        head(),
      ),
    layer: 'words',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { words: [[9, 3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'embedding with maskZero -> LSTM',
    vocabulary: 9,
    build: () =>
      chain(
        l.embedding({ name: 'words', inputDim: 9, outputDim: 6, inputLength: 5, maskZero: true }),
        l.lstm({ name: 'lstm', units: 5, recurrentInitializer }),
        head(),
      ),
    layer: 'words',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'lstm/kernel': [0, [1, 3, 5]] },
      after: { words: [[9, 3]], lstm: [[3, 20], [5, 20], [20]] },
    },
  },
];

function bidirectional(mergeMode: 'sum' | 'mul' | 'ave'): StructureCase {
  return {
    name: `Bidirectional, ${mergeMode}`,
    build: () =>
      chain(
        l.bidirectional({
          name: 'both',
          layer: l.lstm({ name: 'lstm', units: 6, recurrentInitializer, returnSequences: true }) as l.RNN,
          mergeMode,
          inputShape: [5, 3],
        }),
        head(),
      ),
    layer: 'both',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: {
        'both/forward_lstm/recurrent_kernel': [0, [1, 3, 5]],
        'both/backward_lstm/recurrent_kernel': [0, [1, 3, 5]],
        'head/kernel': [0, [1, 3, 5]],
      },
      after: { both: [[3, 12], [3, 12], [12], [3, 12], [3, 12], [12]], head: [[3, 2], [2]] },
    },
  };
}

function stackedCells() {
  return chain(
    l.rnn({
      name: 'stack',
      cell: [
        l.lstmCell({ name: 'lower', units: 6, recurrentInitializer }),
        l.gruCell({ name: 'upper', units: 4, recurrentInitializer }),
      ],
      inputShape: [5, 3],
    }),
    head(),
  );
}
