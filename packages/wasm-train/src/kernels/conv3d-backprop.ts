import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { anyEmpty, sizeOf } from '../shape.js';
import type { KernelCall, TrainingKernel } from '../training-kernel.js';

type Shape5 = [number, number, number, number, number];

/**
 * `Conv3DBackpropFilterV2`, x [N, D, H, W, I]: one 2D filter gradient per depth of the filter, over the frames of x and
 * dy that meet there.
 *
 * The backend's own rounds the wrong way for strides above 1, and leaves products out.
 */
export const conv3dBackpropFilter: TrainingKernel = {
  kernelName: 'Conv3DBackpropFilterV2',
  compute: (call) => {
    const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape } = call.attrs as { filterShape: Shape5 };
    const info = geometry(x.shape as Shape5, filterShape, call);
    const dw = call.steps.run('Fill', {}, { shape: filterShape, value: 0, dtype: 'float32' });
    if (anyEmpty(x, dy)) return dw;
    for (let p = 0; p < info.filterDepth; p++) {
      const pairs = meetingFrames(info, p);
      if (pairs.length === 0) continue;
      const xFrames = pick(
        call,
        x,
        pairs.map((pair) => pair.x),
        x.shape.slice(2),
      );
      const dyFrames = pick(
        call,
        dy,
        pairs.map((pair) => pair.y),
        dy.shape.slice(2),
      );
      const frame = call.steps.run(
        'Conv2DBackpropFilter',
        { x: xFrames, dy: dyFrames },
        { ...planeAttrs(info), filterShape: filterShape.slice(1) },
      );
      add(call, frame, 0, dw, p, filterShape.slice(1));
      call.steps.free(xFrames, dyFrames, frame);
    }
    return dw;
  },
};

/**
 * `Conv3DBackpropInputV2`, dx [N, D, H, W, I]: one 2D input gradient per depth of the filter, added to the frames that
 * it meets.
 *
 * The backend's own computes the wrong range of depths.
 */
export const conv3dBackpropInput: TrainingKernel = {
  kernelName: 'Conv3DBackpropInputV2',
  compute: (call) => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape } = call.attrs as { inputShape: Shape5 };
    const info = geometry(inputShape, filter.shape as Shape5, call);
    const dx = call.steps.run('Fill', {}, { shape: inputShape, value: 0, dtype: 'float32' });
    if (anyEmpty(dy, filter)) return dx;
    for (let p = 0; p < info.filterDepth; p++) {
      const pairs = meetingFrames(info, p);
      if (pairs.length === 0) continue;
      const dyFrames = pick(
        call,
        dy,
        pairs.map((pair) => pair.y),
        dy.shape.slice(2),
      );
      const slice = pick(call, filter, [p], filter.shape.slice(1));
      const frames = call.steps.run(
        'Conv2DBackpropInput',
        { dy: dyFrames, filter: call.steps.reshape(slice, filter.shape.slice(1)) },
        { ...planeAttrs(info), inputShape: [pairs.length, ...inputShape.slice(2)] },
      );
      for (const [index, pair] of pairs.entries()) add(call, frames, index, dx, pair.x, inputShape.slice(2));
      call.steps.free(dyFrames, slice, frames);
    }
    return dx;
  },
};

type Conv3DInfo = ReturnType<typeof backend_util.computeConv3DInfo>;

function geometry(inputShape: Shape5, filterShape: Shape5, { attrs }: KernelCall): Conv3DInfo {
  const { strides, pad } = attrs as { strides: number | [number, number, number]; pad: 'valid' | 'same' };
  return backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad);
}

/** The attributes of the 2D convolution that each depth of the filter is. */
function planeAttrs({ strideHeight, strideWidth, padInfo }: Conv3DInfo): {
  strides: number[];
  pad: number[];
  dataFormat: string;
} {
  const pad = [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
  return { strides: [strideHeight, strideWidth], pad: pad as unknown as number[], dataFormat: 'NHWC' };
}

/** A frame of x (n * D + d) and the frame of y (n * OD + od) that depth `p` of the filter connects it with. */
interface FramePair {
  readonly x: number;
  readonly y: number;
}

function meetingFrames(info: Conv3DInfo, p: number): readonly FramePair[] {
  const pairs: FramePair[] = [];
  for (let n = 0; n < info.batchSize; n++) {
    for (let od = 0; od < info.outDepth; od++) {
      const d = od * info.strideDepth + p - info.padInfo.front;
      if (d >= 0 && d < info.inDepth) pairs.push({ x: n * info.inDepth + d, y: n * info.outDepth + od });
    }
  }
  return pairs;
}

/** The named frames of x, one after the other; a frame is a piece of `shape` from any number of leading axes. */
function pick(
  { backend, steps }: KernelCall,
  x: TensorInfo,
  frames: readonly number[],
  shape: readonly number[],
): TensorInfo {
  const size = sizeOf(shape);
  const out = steps.allocate([frames.length, ...shape], 'float32');
  const to = backend.typedArrayFromHeap(out);
  const from = backend.typedArrayFromHeap(x);
  for (const [index, frame] of frames.entries()) {
    to.set(from.subarray(frame * size, (frame + 1) * size), index * size);
  }
  return out;
}

/** Adds frame `fromFrame` of `from` to frame `toFrame` of `to`. */
function add(
  { backend }: KernelCall,
  from: TensorInfo,
  fromFrame: number,
  to: TensorInfo,
  toFrame: number,
  shape: readonly number[],
): void {
  const size = sizeOf(shape);
  const source = backend.typedArrayFromHeap(from);
  const target = backend.typedArrayFromHeap(to);
  let read = fromFrame * size;
  let write = toFrame * size;
  for (let j = 0; j < size; j++, read++, write++) {
    target[write] = (target[write] as number) + (source[read] as number);
  }
}
