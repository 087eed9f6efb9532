import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';
import { Heads } from './structure-layers.js';

const softmax = () => l.activation({ activation: 'softmax' });

/** Attention: widths, heads, and the residual stream of a transformer. */
export const attentionCases: readonly StructureCase[] = [
  {
    name: 'attention, width of queries and keys',
    peers: 'attentionWidth',
    build: attention,
    layer: 'query',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      // A product of a query and a key without the channel is one in which the query has zero there.
      zero: { 'query/kernel': [1, [1, 3, 5]], 'query/bias': [0, [1, 3, 5]] },
      after: { query: [[3, 3], [3]], key: [[3, 3], [3]] },
    },
  },
  {
    name: 'attention, width of values',
    peers: 'attentionValue',
    build: attention,
    layer: 'value',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'output/kernel': [0, [1, 3]] },
      after: { value: [[3, 2], [2]], output: [[2, 5], [5]] },
    },
  },
  {
    name: 'attention, whole heads of a custom layer that declares them',
    peers: 'attentionHeads',
    build: () =>
      chain(
        l.dense({ name: 'tokens', units: 5, inputShape: [4, 3] }),
        new Heads({ name: 'attention', heads: 4, headSize: 3, width: 5 }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'attention',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'attention/output': [0, [3, 4, 5, 9, 10, 11]] },
      after: { attention: [[5, 6], [6], [5, 6], [6], [5, 6], [6], [6, 5], [5]] },
    },
  },
  {
    name: 'before a custom layer with a rule',
    build: () =>
      chain(
        l.dense({ name: 'tokens', units: 6, activation: 'relu', inputShape: [4, 3] }),
        new Heads({ name: 'attention', heads: 2, headSize: 3, width: 5 }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'tokens',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: {
        'attention/query': [0, [1, 3, 5]],
        'attention/key': [0, [1, 3, 5]],
        'attention/value': [0, [1, 3, 5]],
      },
      after: {
        tokens: [[3, 3], [3]],
        attention: [[3, 6], [6], [3, 6], [6], [3, 6], [6], [6, 5], [5]],
      },
    },
  },
  {
    name: 'transformer block, width of the residual stream',
    vocabulary: 9,
    build: () => {
      const words = input({ shape: [5], dtype: 'int32' });
      const tokens = on(l.embedding({ name: 'tokens', inputDim: 9, outputDim: 8 }), words);
      const query = on(l.dense({ name: 'query', units: 3 }), tokens);
      const key = on(l.dense({ name: 'key', units: 3 }), tokens);
      const value = on(l.dense({ name: 'value', units: 4 }), tokens);
      const scores = on(softmax(), on(l.dot({ axes: [2, 2] }), query, key));
      const mixed = on(l.dot({ axes: [2, 1] }), scores, value);
      const attended = on(l.add(), tokens, on(l.dense({ name: 'output', units: 8 }), mixed));
      const inside = on(l.dense({ name: 'open', units: 5, activation: 'gelu' }), attended);
      const sum = on(l.add(), attended, on(l.dense({ name: 'close', units: 8 }), inside));
      const pooled = on(l.globalAveragePooling1d(), sum);
      return model({ inputs: words, outputs: on(l.dense({ name: 'head', units: 2 }), pooled) });
    },
    layer: 'tokens',
    units: 8,
    remove: [1, 3, 5, 7],
    expected: {
      outcome: 'smaller',
      zero: {
        'query/kernel': [0, [1, 3, 5, 7]],
        'key/kernel': [0, [1, 3, 5, 7]],
        'value/kernel': [0, [1, 3, 5, 7]],
        'open/kernel': [0, [1, 3, 5, 7]],
        'head/kernel': [0, [1, 3, 5, 7]],
      },
      after: {
        tokens: [[9, 4]],
        query: [[4, 3], [3]],
        key: [[4, 3], [3]],
        value: [[4, 4], [4]],
        output: [[4, 4], [4]],
        open: [[4, 5], [5]],
        close: [[5, 4], [4]],
        head: [[4, 2], [2]],
      },
    },
  },
  {
    name: 'attention pooling: softmax over the steps, then a weighted sum',
    build: () => {
      const x = input({ shape: [5, 3] });
      const features = on(l.dense({ name: 'features', units: 6, activation: 'tanh' }), x);
      const scores = on(l.flatten(), on(l.dense({ name: 'score', units: 1 }), features));
      const pooled = on(l.dot({ axes: [1, 1] }), features, on(softmax(), scores));
      return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), pooled) });
    },
    layer: 'features',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'score/kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { features: [[3, 3], [3]], score: [[3, 1], [1]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'two towers compared by their cosine',
    build: () => {
      const [a, b] = [input({ shape: [3] }), input({ shape: [4] })];
      const left = on(l.dense({ name: 'left', units: 6, activation: 'tanh' }), a);
      const right = on(l.dense({ name: 'right', units: 6, activation: 'tanh' }), b);
      return model({ inputs: [a, b], outputs: on(l.dot({ axes: 1, normalize: true }), left, right) });
    },
    layer: 'left',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      // Zeros leave the lengths of the vectors to the other channels.
      zero: {
        'left/kernel': [1, [1, 3, 5]],
        'left/bias': [0, [1, 3, 5]],
        'right/kernel': [1, [1, 3, 5]],
        'right/bias': [0, [1, 3, 5]],
      },
      after: { left: [[3, 3], [3]], right: [[4, 3], [3]] },
    },
  },
];

function attention() {
  const x = input({ shape: [4, 3] });
  const query = on(l.dense({ name: 'query', units: 6 }), x);
  const key = on(l.dense({ name: 'key', units: 6 }), x);
  const value = on(l.dense({ name: 'value', units: 4 }), x);
  const scores = on(softmax(), on(l.dot({ axes: [2, 2] }), query, key));
  const mixed = on(l.dot({ axes: [2, 1] }), scores, value);
  return model({ inputs: x, outputs: on(l.dense({ name: 'output', units: 5 }), mixed) });
}
