import { input, type LayersModel, layers, model, sequential } from '@tensorflow/tfjs-layers';

/** Small models of every shape that wrapping has to cope with. */
export const models: Readonly<Record<string, () => LayersModel>> = {
  sequential: () =>
    sequential({
      layers: [
        layers.dense({ name: 'first', units: 6, activation: 'relu', inputShape: [5] }),
        layers.batchNormalization({ name: 'norm' }),
        layers.dense({ name: 'second', units: 3 }),
      ],
    }),
  convolutional: () =>
    sequential({
      layers: [
        layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2] }),
        layers.depthwiseConv2d({ name: 'depthwise', kernelSize: 2 }),
        layers.flatten({ name: 'flatten' }),
        layers.dense({ name: 'logits', units: 2 }),
      ],
    }),
  functional: () => {
    const a = input({ name: 'a', shape: [4] });
    const b = input({ name: 'b', shape: [4] });
    const shared = layers.dense({ name: 'shared', units: 3, activation: 'tanh' });
    const both = layers.concatenate({ name: 'both' }).apply([shared.apply(a), shared.apply(b)] as never);
    const out = layers.dense({ name: 'out', units: 2 }).apply(both);
    return model({ inputs: [a, b], outputs: out as never });
  },
  nested: () => {
    const encoder = sequential({
      name: 'encoder',
      layers: [
        layers.dense({ name: 'first', units: 4, activation: 'relu', inputShape: [5] }),
        layers.dense({ name: 'code', units: 3 }),
      ],
    });
    const x = input({ name: 'x', shape: [5] });
    const first = layers.dense({ name: 'first', units: 5, activation: 'relu' }).apply(x);
    return model({
      inputs: x,
      outputs: layers.dense({ name: 'head', units: 2 }).apply(encoder.apply(first)) as never,
    });
  },
  recurrent: () =>
    sequential({
      layers: [
        layers.embedding({ name: 'embedding', inputDim: 7, outputDim: 4, inputLength: 5 }),
        layers.bidirectional({
          name: 'bidirectional',
          layer: layers.lstm({ units: 3, returnSequences: true }) as never,
          mergeMode: 'concat',
        }),
        layers.timeDistributed({ name: 'each', layer: layers.dense({ units: 4 }) }),
        layers.gru({ name: 'gru', units: 3 }),
        layers.dense({ name: 'out', units: 2 }),
      ],
    }),
};
