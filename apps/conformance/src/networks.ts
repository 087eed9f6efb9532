import { initializers, layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';

/** Kernels that are the same in every run. */
function seeds(first: number): () => ReturnType<typeof initializers.glorotUniform> {
  let seed = first;
  return () => initializers.glorotUniform({ seed: seed++ });
}

/**
 * The networks that both sides train, on images of 14 x 14. Kernels come from `seed`.
 *
 * All of them are smooth. A ReLU or a maximum takes another branch when a value near its edge is rounded another way,
 * so any two float32 programs drift apart in steps, and neither is wrong.
 */
export const networks = {
  dense(seed: number): Sequential {
    const kernel = seeds(seed);
    return sequential({
      layers: [
        layers.dense({ units: 64, activation: 'tanh', inputShape: [196], kernelInitializer: kernel() }),
        layers.dense({ units: 32, activation: 'tanh', kernelInitializer: kernel() }),
        layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernel() }),
      ],
    });
  },

  conv(seed: number): Sequential {
    const kernel = seeds(seed);
    const conv = { kernelSize: 3, activation: 'tanh' as const };
    return sequential({
      layers: [
        layers.conv2d({ ...conv, filters: 12, inputShape: [14, 14, 1], kernelInitializer: kernel() }),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.conv2d({ ...conv, filters: 16, strides: 2, padding: 'same', kernelInitializer: kernel() }),
        layers.flatten(),
        layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernel() }),
      ],
    });
  },

  /** Reads an image row by row. */
  lstm(seed: number): Sequential {
    const kernel = seeds(seed);
    const recurrentInitializer = kernel();
    return sequential({
      layers: [
        layers.lstm({
          units: 24,
          inputShape: [14, 14],
          recurrentActivation: 'sigmoid',
          kernelInitializer: kernel(),
          recurrentInitializer,
        }),
        layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernel() }),
      ],
    });
  },
} as const;

export type NetworkName = keyof typeof networks;
