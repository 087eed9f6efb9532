import { input, layers as l, model } from '@tensorflow/tfjs-layers';
import { chain, on, type StructureCase } from './structure-case.js';

/** Dense layers, activations, and models inside models. */
export const basicCases: readonly StructureCase[] = [
  {
    name: 'dense -> dense',
    peers: 'dense',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'relu', inputShape: [4] }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { hidden: [[4, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'dense on sequences -> flatten',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, activation: 'sigmoid', inputShape: [3, 4] }),
        l.flatten(),
        l.dense({ name: 'head', units: 2, useBias: false }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11, 13, 15, 17]] },
      after: { hidden: [[4, 3], [3]], head: [[9, 2]] },
    },
  },
  {
    name: 'PReLU, a slope for each channel',
    peers: 'prelu',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [4] }),
        l.prelu({ name: 'prelu' }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { hidden: [[4, 3], [3]], prelu: [[3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'PReLU of a convolution, slopes shared along the height',
    build: () =>
      chain(
        l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, inputShape: [6, 5, 2] }),
        l.prelu({ name: 'prelu', sharedAxes: [1] }),
        l.conv2d({ name: 'next', filters: 2, kernelSize: 2 }),
      ),
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], prelu: [[1, 3, 3]], next: [[2, 2, 3, 2], [2]] },
    },
  },
  {
    name: 'activations, dropout and noise of all kinds, one behind the other',
    build: () =>
      chain(
        l.dense({ name: 'hidden', units: 6, inputShape: [4] }),
        l.leakyReLU({ alpha: 0.3 }),
        l.dropout({ rate: 0.3 }),
        l.elu(),
        l.gaussianNoise({ stddev: 0.2 }),
        l.activation({ activation: 'swish' }),
        l.gaussianDropout({ rate: 0.2 }),
        l.rescaling({ scale: 2, offset: 0.7 }),
        l.alphaDropout({ rate: 0.2 }),
        l.reLU({ maxValue: 6 }),
        l.thresholdedReLU({ theta: 0.1 }),
        l.dense({ name: 'head', units: 2 }),
      ),
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { hidden: [[4, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'inside a nested model',
    peers: 'nested',
    build: nested,
    layer: 'inner/first',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'inner/last/kernel': [0, [1, 3, 5]] },
      after: { 'inner/first': [[5, 3], [3]], 'inner/last': [[3, 4], [4]] },
    },
  },
  {
    name: 'out of a nested model',
    build: nested,
    layer: 'inner/last',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3]] },
      after: { 'inner/last': [[6, 2], [2]], head: [[2, 2], [2]] },
    },
  },
  {
    name: 'into a nested model',
    build: nested,
    layer: 'stem',
    units: 5,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'inner/first/kernel': [0, [1, 3]] },
      after: { stem: [[3, 3], [3]], 'inner/first': [[3, 6], [6]] },
    },
  },
  {
    name: 'nested model called on its own output',
    build: () => {
      const h = input({ shape: [6] });
      const inner = model({
        name: 'inner',
        inputs: h,
        outputs: on(l.dense({ name: 'block', units: 6, activation: 'tanh' }), h),
      });
      const x = input({ shape: [4] });
      const stem = on(l.dense({ name: 'stem', units: 6 }), x);
      return model({
        inputs: x,
        outputs: on(l.dense({ name: 'head', units: 2 }), on(inner, on(inner, stem))),
      });
    },
    layer: 'stem',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'inner/block/kernel': [0, [1, 3, 5]], 'head/kernel': [0, [1, 3, 5]] },
      after: { stem: [[4, 3], [3]], 'inner/block': [[3, 3], [3]], head: [[3, 2], [2]] },
    },
  },
  {
    name: 'Siamese nested model',
    build: () => {
      const tower = chain(
        l.dense({ name: 'wide', units: 5, activation: 'relu', inputShape: [3] }),
        l.dense({ name: 'narrow', units: 4, activation: 'tanh' }),
      );
      tower.name = 'tower';
      const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
      const joined = on(l.concatenate(), on(tower, a), on(tower, b));
      return model({ inputs: [a, b], outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'tower/narrow',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5, 7]] },
      after: { 'tower/narrow': [[5, 2], [2]], head: [[4, 2], [2]] },
    },
  },
  {
    name: 'models three deep',
    build: () => {
      const core = chain(
        l.dense({ name: 'a', units: 6, activation: 'relu', inputShape: [3] }),
        l.batchNormalization({ name: 'norm' }),
      );
      core.name = 'core';
      const x = input({ shape: [3] });
      const shell = model({
        name: 'shell',
        inputs: x,
        outputs: on(l.dense({ name: 'b', units: 4 }), on(core, x)),
      });
      return chain(shell, l.dense({ name: 'head', units: 2 }));
    },
    layer: 'shell/core/a',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'shell/b/kernel': [0, [1, 3, 5]] },
      after: {
        'shell/core/a': [[3, 3], [3]],
        'shell/core/norm': [[3], [3], [3], [3]],
        'shell/b': [[3, 4], [4]],
      },
    },
  },
  {
    name: 'shared layer',
    peers: 'shared',
    build: () => {
      const [a, b] = [input({ shape: [4] }), input({ shape: [4] })];
      const tower = l.dense({ name: 'tower', units: 6, activation: 'tanh' });
      const joined = on(l.concatenate(), on(tower, a), on(tower, b));
      return model({ inputs: [a, b], outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'tower',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11]] },
      after: { tower: [[4, 3], [3]], head: [[6, 2], [2]] },
    },
  },
  {
    name: 'shared layer behind two different layers',
    build: () => {
      const [a, b] = [input({ shape: [4] }), input({ shape: [3] })];
      const shared = l.dense({ name: 'shared', units: 5, activation: 'tanh' });
      const left = on(shared, on(l.dense({ name: 'left', units: 6, activation: 'relu' }), a));
      const right = on(shared, on(l.dense({ name: 'right', units: 6, activation: 'sigmoid' }), b));
      const joined = on(l.concatenate(), left, right);
      return model({ inputs: [a, b], outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'left',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'shared/kernel': [0, [1, 3, 5]] },
      after: { left: [[4, 3], [3]], right: [[3, 3], [3]], shared: [[3, 5], [5]] },
    },
  },
  {
    name: 'layers that another model uses too',
    build: () => {
      const x = input({ shape: [4] });
      const code = on(l.dense({ name: 'code', units: 6, activation: 'tanh' }), x);
      const encoder = model({ name: 'encoder', inputs: x, outputs: code });
      const decode = l.dense({ name: 'decode', units: 4 });
      // The whole calls the layers, not the encoder, which stands beside it and calls one of them again.
      const whole = model({ inputs: x, outputs: on(decode, code) });
      on(decode, on(encoder, input({ shape: [4] })));
      return whole;
    },
    layer: 'code',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'decode/kernel': [0, [1, 3, 5]] },
      after: { code: [[4, 3], [3]], decode: [[3, 4], [4]] },
    },
  },
  {
    name: 'two outputs from one trunk',
    peers: 'multiOutput',
    build: () => {
      const x = input({ shape: [4] });
      const trunk = on(l.dense({ name: 'trunk', units: 6, activation: 'relu' }), x);
      const first = on(l.dense({ name: 'first', units: 3, activation: 'softmax' }), trunk);
      return model({ inputs: x, outputs: [first, on(l.dense({ name: 'second', units: 1 }), trunk)] });
    },
    layer: 'trunk',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'first/kernel': [0, [1, 3, 5]], 'second/kernel': [0, [1, 3, 5]] },
      after: { trunk: [[4, 3], [3]], first: [[3, 3], [3]], second: [[3, 1], [1]] },
    },
  },
  {
    name: 'two inputs, an image and a vector',
    build: () => {
      const [image, vector] = [input({ shape: [5, 5, 2] }), input({ shape: [3] })];
      const seen = on(
        l.globalMaxPooling2d({}),
        on(l.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }), image),
      );
      const known = on(l.dense({ name: 'known', units: 6, activation: 'relu' }), vector);
      const joined = on(l.concatenate(), seen, known);
      return model({ inputs: [image, vector], outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'known',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [5, 7, 9]] },
      after: { known: [[3, 3], [3]], head: [[7, 2], [2]] },
    },
  },
];

function nested() {
  const h = input({ shape: [5] });
  const first = on(l.dense({ name: 'first', units: 6, activation: 'relu' }), h);
  const inner = model({
    name: 'inner',
    inputs: h,
    outputs: on(l.dense({ name: 'last', units: 4, activation: 'tanh' }), first),
  });
  const x = input({ shape: [3] });
  const stem = on(l.dense({ name: 'stem', units: 5, activation: 'relu' }), x);
  return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), on(inner, stem)) });
}
