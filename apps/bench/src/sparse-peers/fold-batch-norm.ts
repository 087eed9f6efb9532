import type { LayersModel } from '@tensorflow/tfjs-layers';

type Layer = LayersModel['layers'][number];

/** A convolution that does the work of the batch norm behind it too. */
export interface FoldedConvolution {
  readonly kernel: Float32Array;
  /** [rows, columns, inputs, outputs], of a depthwise one [rows, columns, channels, 1]. */
  readonly shape: readonly [number, number, number, number];
  readonly bias: Float32Array;
}

/** The weights of a convolution, and of `next` when that is a batch norm, as those of one convolution with a bias. */
export async function foldBatchNorm(layer: Layer, next: Layer | undefined): Promise<FoldedConvolution> {
  const [kernelTensor, biasTensor] = layer.getWeights();
  if (kernelTensor?.rank !== 4) throw new Error(`${layer.name} is no convolution of images`);
  const shape = kernelTensor.shape as [number, number, number, number];
  const channels = layer.getClassName() === 'DepthwiseConv2D' ? shape[2] * shape[3] : shape[3];
  const kernel = Float32Array.from(await kernelTensor.data());
  const bias = new Float32Array(channels);
  if (biasTensor !== undefined) bias.set(await biasTensor.data());
  if (next?.getClassName() !== 'BatchNormalization') return { kernel, shape, bias };

  const { epsilon } = next.getConfig() as { epsilon: number };
  const [gamma, beta, mean, variance] = await Promise.all(next.getWeights().map((weight) => weight.data()));
  const scales = Float64Array.from(
    { length: channels },
    (_, channel) => (gamma?.[channel] as number) / Math.sqrt((variance?.[channel] as number) + epsilon),
  );
  for (const [index, value] of kernel.entries()) kernel[index] = value * (scales[index % channels] as number);
  for (const [channel, scale] of scales.entries()) {
    const centred = (bias[channel] as number) - (mean?.[channel] as number);
    bias[channel] = (beta?.[channel] as number) + centred * scale;
  }
  return { kernel, shape, bias };
}
