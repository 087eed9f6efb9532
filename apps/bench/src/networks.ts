import {
  initializers,
  type LayersModel,
  layers,
  type regularizers,
  sequential,
} from '@tensorflow/tfjs-layers';

/** What a network is built with. */
interface BuildOptions {
  /** Of the initial weights, He's. Default 0. */
  readonly seed?: number;
  /** Of every kernel. Default: none. */
  readonly kernelRegularizer?: ReturnType<typeof regularizers.l2>;
}

/** A network on images of 28x28, flat or not, with 10 classes. */
export interface Network {
  readonly inputShape: readonly number[];
  readonly build: (options?: BuildOptions) => LayersModel;
}

const image = [28, 28, 1];

/** Gives each layer initial weights of its own, all from one seed. */
function kernels({ seed = 0, kernelRegularizer }: BuildOptions) {
  let next = 1000 * seed;
  return () => {
    next += 1;
    return {
      kernelInitializer: initializers.heNormal({ seed: next }),
      ...(kernelRegularizer !== undefined && { kernelRegularizer }),
    };
  };
}

const fullyConnected = (...widths: number[]): Network => ({
  inputShape: [784],
  build: (options = {}) => {
    const kernel = kernels(options);
    return sequential({
      layers: [
        ...widths.map((units, index) =>
          layers.dense({
            units,
            activation: 'relu',
            ...kernel(),
            ...(index === 0 ? { inputShape: [784] } : {}),
          }),
        ),
        layers.dense({ units: 10, activation: 'softmax', ...kernel() }),
      ],
    });
  },
});

export type NetworkName = 'tutorial' | 'guide' | 'lenet-300-100' | 'lenet-5';

/** tfmot's tutorial network, tfmot's guide network, and LeCun's two. */
export const networks: Readonly<Record<NetworkName, Network>> = {
  tutorial: fullyConnected(128, 64),
  guide: {
    inputShape: image,
    build: (options = {}) => {
      const kernel = kernels(options);
      return sequential({
        layers: [
          layers.conv2d({ filters: 12, kernelSize: 3, activation: 'relu', ...kernel(), inputShape: image }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 10, activation: 'softmax', ...kernel() }),
        ],
      });
    },
  },
  'lenet-300-100': fullyConnected(300, 100),
  'lenet-5': {
    inputShape: image,
    build: (options = {}) => {
      const kernel = kernels(options);
      return sequential({
        layers: [
          layers.conv2d({ filters: 20, kernelSize: 5, activation: 'relu', ...kernel(), inputShape: image }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 50, kernelSize: 5, activation: 'relu', ...kernel() }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 500, activation: 'relu', ...kernel() }),
          layers.dense({ units: 10, activation: 'softmax', ...kernel() }),
        ],
      });
    },
  },
};
