import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';

/** A network on images of 28x28, flat or not, with 10 classes. */
export interface Network {
  readonly inputShape: readonly number[];
  readonly build: () => LayersModel;
}

const image = [28, 28, 1];

const fullyConnected = (...widths: number[]): Network => ({
  inputShape: [784],
  build: () =>
    sequential({
      layers: [
        ...widths.map((units, index) =>
          layers.dense({ units, activation: 'relu', ...(index === 0 ? { inputShape: [784] } : {}) }),
        ),
        layers.dense({ units: 10, activation: 'softmax' }),
      ],
    }),
});

export type NetworkName = 'tutorial' | 'guide' | 'lenet-300-100' | 'lenet-5';

/** tfmot's tutorial network, tfmot's guide network, and LeCun's two. */
export const networks: Readonly<Record<NetworkName, Network>> = {
  tutorial: fullyConnected(128, 64),
  guide: {
    inputShape: image,
    build: () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 12, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
      }),
  },
  'lenet-300-100': fullyConnected(300, 100),
  'lenet-5': {
    inputShape: image,
    build: () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 20, kernelSize: 5, activation: 'relu', inputShape: [28, 28, 1] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 50, kernelSize: 5, activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 500, activation: 'relu' }),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
      }),
  },
};
