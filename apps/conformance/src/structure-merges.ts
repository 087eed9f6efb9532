import { input, type LayersModel, layers as l, model } from '@tensorflow/tfjs-layers';
import { on, type StructureCase } from './structure-case.js';

const relu = () => l.activation({ activation: 'relu' });

/** Branches that are added, multiplied, compared or concatenated. */
export const mergeCases: readonly StructureCase[] = [
  {
    name: 'residual add',
    peers: 'residual',
    build: () => {
      const same = { kernelSize: 3, padding: 'same' } as const;
      const x = input({ shape: [5, 5, 2] });
      const stem = on(l.conv2d({ name: 'stem', filters: 6, activation: 'relu', ...same }), x);
      const branch = on(l.conv2d({ name: 'branch', filters: 6, ...same }), stem);
      const sum = on(relu(), on(l.add(), stem, branch));
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, ...same }), sum) });
    },
    layer: 'branch',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'branch/kernel': [2, [1, 3, 5]], 'next/kernel': [2, [1, 3, 5]] },
      after: {
        stem: [[3, 3, 2, 3], [3]],
        branch: [[3, 3, 3, 3], [3]],
        next: [[3, 3, 3, 3], [3]],
      },
    },
  },
  {
    name: 'chain of three residual blocks with batch norms',
    build: () => {
      const x = input({ shape: [5, 5, 2] });
      let flow = on(l.conv2d({ name: 'stem', filters: 6, kernelSize: 3 }), x);
      for (const block of ['a', 'b', 'c']) {
        const opened = on(relu(), on(l.batchNormalization({ name: `${block}_norm` }), flow));
        const inside = on(
          l.conv2d({ name: `${block}_in`, filters: 3, kernelSize: 1, activation: 'relu' }),
          opened,
        );
        flow = on(l.add(), flow, on(l.conv2d({ name: `${block}_out`, filters: 6, kernelSize: 1 }), inside));
      }
      const pooled = on(l.globalAveragePooling2d({}), on(relu(), flow));
      return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), pooled) });
    },
    layer: 'b_out',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: {
        'a_in/kernel': [2, [1, 3, 5]],
        'b_in/kernel': [2, [1, 3, 5]],
        'c_in/kernel': [2, [1, 3, 5]],
        'head/kernel': [0, [1, 3, 5]],
      },
      after: {
        stem: [[3, 3, 2, 3], [3]],
        a_norm: [[3], [3], [3], [3]],
        a_in: [[1, 1, 3, 3], [3]],
        a_out: [[1, 1, 3, 3], [3]],
        b_norm: [[3], [3], [3], [3]],
        b_in: [[1, 1, 3, 3], [3]],
        b_out: [[1, 1, 3, 3], [3]],
        c_norm: [[3], [3], [3], [3]],
        c_in: [[1, 1, 3, 3], [3]],
        c_out: [[1, 1, 3, 3], [3]],
        head: [[3, 2], [2]],
      },
    },
  },
  twoBranches('Maximum of two branches', () => l.maximum()),
  twoBranches('Minimum of two branches', () => l.minimum()),
  twoBranches('Multiply of two branches', () => l.multiply()),
  twoBranches('Average of two branches', () => l.average()),
  {
    name: 'concatenation of three unequal branches, the middle one',
    peers: 'concat',
    build: () => {
      const x = input({ shape: [5, 5, 2] });
      const first = on(l.conv2d({ name: 'first', filters: 4, kernelSize: 1 }), x);
      const middle = on(l.conv2d({ name: 'middle', filters: 6, kernelSize: 3, padding: 'same' }), x);
      const last = on(l.conv2d({ name: 'last', filters: 2, kernelSize: 1 }), x);
      const joined = on(relu(), on(l.concatenate(), first, middle, last));
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }), joined) });
    },
    layer: 'middle',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [5, 7, 9]] },
      after: { middle: [[3, 3, 2, 3], [3]], next: [[2, 2, 9, 3], [3]] },
    },
  },
  {
    name: 'concatenation with the model’s input',
    build: () => {
      const x = input({ shape: [3] });
      const hidden = on(l.dense({ name: 'hidden', units: 6, activation: 'relu' }), x);
      const joined = on(l.concatenate(), x, hidden);
      return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [4, 6, 8]] },
      after: { hidden: [[3, 3], [3]], head: [[6, 2], [2]] },
    },
  },
  {
    name: 'concatenation of a tensor with itself',
    build: () => {
      const x = input({ shape: [3] });
      const hidden = on(l.dense({ name: 'hidden', units: 6, activation: 'relu' }), x);
      const joined = on(l.concatenate(), hidden, hidden);
      return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), joined) });
    },
    layer: 'hidden',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5, 7, 9, 11]] },
      after: { hidden: [[3, 3], [3]], head: [[6, 2], [2]] },
    },
  },
  {
    name: 'concatenation along the height',
    build: () => {
      const [a, b] = [input({ shape: [4, 5, 2] }), input({ shape: [3, 5, 2] })];
      const top = on(l.conv2d({ name: 'top', filters: 6, kernelSize: 1 }), a);
      const bottom = on(l.conv2d({ name: 'bottom', filters: 6, kernelSize: 1 }), b);
      const joined = on(relu(), on(l.concatenate({ axis: 1 }), top, bottom));
      return model({
        inputs: [a, b],
        outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 3 }), joined),
      });
    },
    layer: 'top',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: {
        top: [[1, 1, 2, 3], [3]],
        bottom: [[1, 1, 2, 3], [3]],
        next: [[3, 3, 3, 3], [3]],
      },
    },
  },
  {
    name: 'DenseNet block',
    build: () => {
      const same = { kernelSize: 3, padding: 'same' } as const;
      const x = input({ shape: [5, 5, 2] });
      let flow = on(l.conv2d({ name: 'stem', filters: 4, ...same }), x);
      for (const name of ['one', 'two']) {
        const opened = on(relu(), on(l.batchNormalization({ name: `${name}_norm` }), flow));
        flow = on(l.concatenate(), flow, on(l.conv2d({ name, filters: 4, ...same }), opened));
      }
      const normal = on(relu(), on(l.batchNormalization({ name: 'last_norm' }), flow));
      const pooled = on(l.globalAveragePooling2d({}), normal);
      return model({ inputs: x, outputs: on(l.dense({ name: 'head', units: 2 }), pooled) });
    },
    layer: 'one',
    units: 4,
    remove: [1, 3],
    expected: {
      outcome: 'smaller',
      zero: { 'two/kernel': [2, [5, 7]], 'head/kernel': [0, [5, 7]] },
      after: {
        one: [[3, 3, 4, 2], [2]],
        two_norm: [[6], [6], [6], [6]],
        two: [[3, 3, 6, 4], [4]],
        last_norm: [[10], [10], [10], [10]],
        head: [[10, 2], [2]],
      },
    },
  },
  {
    name: 'Inception block, the 3 x 3 branch',
    build: () => {
      const x = input({ shape: [6, 6, 3] });
      const conv = (name: string, filters: number, kernelSize: number) =>
        l.conv2d({ name, filters, kernelSize, padding: 'same', activation: 'relu' });
      const joined = on(
        l.concatenate(),
        on(conv('one', 4, 1), x),
        on(conv('three', 6, 3), on(conv('three_reduce', 3, 1), x)),
        on(conv('five', 2, 5), x),
        on(conv('pooled', 3, 1), on(l.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x)),
      );
      return model({ inputs: x, outputs: on(conv('head', 3, 2), joined) });
    },
    layer: 'three',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [2, [5, 7, 9]] },
      after: { three: [[3, 3, 3, 3], [3]], head: [[2, 2, 12, 3], [3]] },
    },
  },
  {
    name: 'squeeze and excite',
    peers: 'squeezeExcite',
    build: () => {
      const x = input({ shape: [6, 6, 2] });
      const conv = on(l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu' }), x);
      const squeezed = on(
        l.dense({ name: 'squeeze', units: 3, activation: 'relu' }),
        on(l.globalAveragePooling2d({}), conv),
      );
      const gate = on(l.dense({ name: 'excite', units: 6, activation: 'sigmoid' }), squeezed);
      const scaled = on(l.multiply(), conv, on(l.reshape({ targetShape: [1, 1, 6] }), gate));
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }), scaled) });
    },
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'squeeze/kernel': [0, [1, 3, 5]], 'next/kernel': [2, [1, 3, 5]] },
      after: {
        conv: [[3, 3, 2, 3], [3]],
        squeeze: [[3, 3], [3]],
        excite: [[3, 3], [3]],
        next: [[2, 2, 3, 3], [3]],
      },
    },
  },
  {
    name: 'spatial gate: one channel times all channels',
    build: () => {
      const x = input({ shape: [6, 6, 2] });
      const conv = on(l.conv2d({ name: 'conv', filters: 6, kernelSize: 3, activation: 'relu' }), x);
      const gate = on(l.conv2d({ name: 'gate', filters: 1, kernelSize: 1, activation: 'sigmoid' }), conv);
      const gated = on(l.multiply(), conv, gate);
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }), gated) });
    },
    layer: 'conv',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'gate/kernel': [2, [1, 3, 5]], 'next/kernel': [2, [1, 3, 5]] },
      after: { conv: [[3, 3, 2, 3], [3]], gate: [[1, 1, 3, 1], [1]], next: [[2, 2, 3, 3], [3]] },
    },
  },
  {
    name: 'a single channel added to all channels',
    build: () => {
      const x = input({ shape: [5, 5, 2] });
      const wide = on(l.conv2d({ name: 'wide', filters: 6, kernelSize: 3 }), x);
      const single = on(l.conv2d({ name: 'single', filters: 1, kernelSize: 3 }), x);
      const sum = on(relu(), on(l.add(), wide, single));
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }), sum) });
    },
    layer: 'wide',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: { wide: [[3, 3, 2, 3], [3]], next: [[2, 2, 3, 3], [3]] },
    },
  },
  {
    name: 'a vector added to each step of a sequence',
    build: () => {
      const [vector, steps] = [input({ shape: [3] }), input({ shape: [4, 2] })];
      const bias = on(l.dense({ name: 'bias', units: 6 }), vector);
      const flow = on(l.dense({ name: 'flow', units: 6 }), steps);
      const sum = on(relu(), on(l.add(), bias, flow));
      return model({ inputs: [vector, steps], outputs: on(l.dense({ name: 'head', units: 2 }), sum) });
    },
    layer: 'flow',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'head/kernel': [0, [1, 3, 5]] },
      after: { bias: [[3, 3], [3]], flow: [[2, 3], [3]], head: [[3, 2], [2]] },
    },
  },
];

function twoBranches(name: string, merge: () => l.Layer): StructureCase {
  return {
    name,
    build: (): LayersModel => {
      const x = input({ shape: [5, 5, 2] });
      const left = on(l.conv2d({ name: 'left', filters: 6, kernelSize: 3, activation: 'relu' }), x);
      const right = on(l.conv2d({ name: 'right', filters: 6, kernelSize: 3 }), x);
      const merged = on(merge(), left, right);
      return model({ inputs: x, outputs: on(l.conv2d({ name: 'next', filters: 3, kernelSize: 2 }), merged) });
    },
    layer: 'right',
    units: 6,
    remove: [1, 3, 5],
    expected: {
      outcome: 'smaller',
      zero: { 'next/kernel': [2, [1, 3, 5]] },
      after: {
        left: [[3, 3, 2, 3], [3]],
        right: [[3, 3, 2, 3], [3]],
        next: [[2, 2, 3, 3], [3]],
      },
    },
  };
}
