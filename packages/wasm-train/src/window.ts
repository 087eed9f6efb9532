import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Steps } from './steps.js';
import { WasmTrainError } from './wasm-train-error.js';

/** The geometry of a convolution, as tfjs-core computes it. */
export type ConvInfo = backend_util.Conv2DInfo;

/** How a convolution's window lies on its input: what the attributes of the convolution kernels say. */
export interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil' | undefined;
  readonly dataFormat?: string;
}

/**
 * Geometry of a convolution of `inputShape` (NHWC) with a filter of `filterShape`.
 *
 * @throws WasmTrainError for another data format than NHWC: the convolutions of the wasm backend know no other.
 */
export function convInfo(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  depthwise: boolean,
): ConvInfo {
  if (attrs.dataFormat !== undefined && attrs.dataFormat !== 'NHWC') {
    throw new WasmTrainError(`dataFormat must be NHWC on the wasm backend, got ${attrs.dataFormat}`, {
      option: 'dataFormat',
      value: attrs.dataFormat,
    });
  }
  return backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
}

/**
 * dy [N, OH, OW, C] with stride - 1 zeros after every row and column: [N, OH * strideHeight, OW * strideWidth, C].
 *
 * Both are plain paddings of the last axis of a matrix.
 */
export function spreadByStride(steps: Steps, dy: TensorInfo, info: ConvInfo): TensorInfo {
  const { outHeight, outWidth, strideHeight, strideWidth } = info;
  const [batch, , , channels] = dy.shape as [number, number, number, number];
  let spread = dy;
  if (strideWidth > 1) spread = padRows(steps, spread, channels, channels * (strideWidth - 1));
  const row = outWidth * strideWidth * channels;
  if (strideHeight > 1) spread = padRows(steps, spread, row, row * (strideHeight - 1));
  return steps.reshape(spread, [batch, outHeight * strideHeight, outWidth * strideWidth, channels]);
}

function padRows(steps: Steps, x: TensorInfo, length: number, zeros: number): TensorInfo {
  const rows = x.shape.reduce((a, b) => a * b, 1) / length;
  return steps.run(
    'PadV2',
    { x: steps.reshape(x, [rows, length]) },
    {
      paddings: [
        [0, 0],
        [0, zeros],
      ] as unknown as number[],
      constantValue: 0,
    },
  );
}

/** Rows of zeros to add around an image; a negative number takes rows away. */
export interface Border {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * The border around the spread dy with which a convolution of stride 1 with the flipped filter gives dx:
 * top = (KH - 1) * dilation - padTop, and at the bottom what completes H rows of output.
 */
export function fullBorder(info: ConvInfo): Border {
  const reachHeight = info.effectiveFilterHeight - 1;
  const reachWidth = info.effectiveFilterWidth - 1;
  const top = reachHeight - info.padInfo.top;
  const left = reachWidth - info.padInfo.left;
  return {
    top,
    left,
    bottom: info.inHeight + reachHeight - top - info.outHeight * info.strideHeight,
    right: info.inWidth + reachWidth - left - info.outWidth * info.strideWidth,
  };
}

/** Cuts the negative sides of the border off `x`; the rest of the border is left to do. */
export function crop(steps: Steps, x: TensorInfo, border: Border): { x: TensorInfo; border: Border } {
  const cut = (side: number): number => Math.max(0, -side);
  const [top, bottom, left, right] = [border.top, border.bottom, border.left, border.right].map(cut) as [
    number,
    number,
    number,
    number,
  ];
  if (top + bottom + left + right === 0) return { x, border };
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return {
    x: steps.run(
      'Slice',
      { x },
      { begin: [0, top, left, 0], size: [batch, height - top - bottom, width - left - right, channels] },
    ),
    border: {
      top: border.top + top,
      bottom: border.bottom + bottom,
      left: border.left + left,
      right: border.right + right,
    },
  };
}
