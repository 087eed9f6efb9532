import { backend_util } from '@tensorflow/tfjs-core';

type Triple = readonly [number, number, number];
type Rounding = 'floor' | 'round' | 'ceil';

/** The windows of a pooling over depth, height and width; a 2D pooling has depth 1. Channels come last. */
export interface PoolWindows {
  readonly batch: number;
  readonly channels: number;
  readonly input: Triple;
  readonly output: Triple;
  readonly filter: Triple;
  readonly stride: Triple;
  readonly padding: Triple;
}

/** Whether the windows are those of a 2D pooling and have at most 64 pixels. */
export function isSmallAndFlat({ input, filter }: PoolWindows): boolean {
  return input[0] === 1 && filter[0] === 1 && filter[1] * filter[2] <= 64;
}

/** The attributes that all pooling kernels share. */
export interface PoolAttrs {
  readonly filterSize: number | [number, number] | [number, number, number];
  readonly strides: number | [number, number] | [number, number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: Rounding;
}

/** Windows of a 2D pooling of x [N, H, W, C]. */
export function pool2dWindows(shape: readonly number[], attrs: PoolAttrs): PoolWindows {
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    attrs.filterSize as number | [number, number],
    attrs.strides as number | [number, number],
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    padding: [0, info.padInfo.top, info.padInfo.left],
  };
}

/** Windows of a 3D pooling of x [N, D, H, W, C]. */
export function pool3dWindows(shape: readonly number[], attrs: PoolAttrs): PoolWindows {
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    attrs.filterSize as number | [number, number, number],
    attrs.strides as number | [number, number, number],
    1,
    attrs.pad as 'valid' | 'same' | number,
    attrs.dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/**
 * Calls `visit` for every window, in the order of the output.
 *
 * `out` is the position of the output's first channel; the first `count` of `pixels` are the positions of the first
 * channels of the input pixels inside the window, in row-major order. The array is reused from call to call.
 */
export function eachWindow(
  windows: PoolWindows,
  visit: (out: number, pixels: Int32Array, count: number) => void,
): void {
  const { batch, channels, input, output, filter, stride, padding } = windows;
  const pixels = new Int32Array(filter[0] * filter[1] * filter[2]);
  let out = 0;
  for (let n = 0; n < batch; n++) {
    for (let d = 0; d < output[0]; d++) {
      const front = d * stride[0] - padding[0];
      for (let r = 0; r < output[1]; r++) {
        const top = r * stride[1] - padding[1];
        for (let c = 0; c < output[2]; c++, out += channels) {
          const left = c * stride[2] - padding[2];
          const end = [front + filter[0], top + filter[1], left + filter[2]] as const;
          let count = 0;
          for (let z = Math.max(0, front); z < Math.min(end[0], input[0]); z++) {
            for (let y = Math.max(0, top); y < Math.min(end[1], input[1]); y++) {
              const row = ((n * input[0] + z) * input[1] + y) * input[2];
              for (let x = Math.max(0, left); x < Math.min(end[2], input[2]); x++) {
                pixels[count++] = (row + x) * channels;
              }
            }
          }
          visit(out, pixels, count);
        }
      }
    }
  }
}
