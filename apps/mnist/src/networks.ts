import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';

/** A network of the tutorials, with seeded initial weights. */
export interface Network {
  readonly name: string;
  readonly build: (seed: number) => LayersModel;
  /** When units are removed, layers keep a multiple of so many: backends compute several at once. */
  readonly roundTo: number;
}

/** The tutorial's fully connected network: 128-64-10 on 784 inputs. */
const dense: Network = {
  name: 'dense',
  roundTo: 8,
  build: (seed) => {
    const kernelInitializer = glorot(seed);
    return sequential({
      name: 'dense',
      layers: [
        layers.dense({
          name: 'dense_1',
          units: 128,
          activation: 'relu',
          inputShape: [784],
          kernelInitializer: kernelInitializer(),
        }),
        layers.dense({
          name: 'dense_2',
          units: 64,
          activation: 'relu',
          kernelInitializer: kernelInitializer(),
        }),
        layers.dense({
          name: 'dense_3',
          units: 10,
          activation: 'softmax',
          kernelInitializer: kernelInitializer(),
        }),
      ],
    });
  },
};

/** tfmot's guide network: 12 filters of 3x3, pooling, dense 10. */
const convolutional: Network = {
  name: 'convolutional',
  roundTo: 1,
  build: (seed) => {
    const kernelInitializer = glorot(seed);
    return sequential({
      name: 'convolutional',
      layers: [
        layers.reshape({ name: 'image', targetShape: [28, 28, 1], inputShape: [784] }),
        layers.conv2d({
          name: 'conv_1',
          filters: 12,
          kernelSize: 3,
          activation: 'relu',
          kernelInitializer: kernelInitializer(),
        }),
        layers.maxPooling2d({ name: 'pool_1', poolSize: 2 }),
        layers.flatten({ name: 'flatten' }),
        layers.dense({
          name: 'dense_1',
          units: 10,
          activation: 'softmax',
          kernelInitializer: kernelInitializer(),
        }),
      ],
    });
  },
};

export const networks: readonly Network[] = [dense, convolutional];

/** Makes an initializer for each layer, all different and all from one seed. */
function glorot(seed: number): () => ReturnType<typeof initializers.glorotUniform> {
  let next = 1000 * seed;
  return () => {
    next += 1;
    return initializers.glorotUniform({ seed: next });
  };
}
