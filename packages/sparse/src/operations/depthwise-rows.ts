import type { Local } from '@secateur/wasm-emit';
import { channelsOf, sizeOf } from '../graph/shape.js';
import { placeWindow } from '../graph/window.js';
import { epilogueKey } from '../kernels/epilogue.js';
import type { KernelScope, Lowering } from '../program/lowering.js';
import { rowCopy } from './concatenate.js';
import type { DepthwiseCall } from './depthwise-anywhere.js';
import { blockOf, type RowPlan, rowWriter } from './depthwise-row.js';
import { emitTapRange } from './tap-range.js';
import { emitUnits } from './unit-loop.js';

/** Floats of a cache line. */
const gap = 16;

type Six = [Local, Local, Local, Local, Local, Local];

/**
 * Whether the channels of a position are so large a power of two that the columns of an image are all in the same few sets
 * of the first-level cache, and drive each other out.
 */
function isCrowded({ x }: DepthwiseCall): boolean {
  return channelsOf(x.shape) % 512 === 0;
}

/** Whether code made for the width of the images is worth it. */
export function fitsRows({ y, window }: DepthwiseCall): boolean {
  return (y.shape[2] ?? 0) >= 2 && window.size[1] <= 9;
}

/** The horizontal geometry of a call. */
function planOf(call: DepthwiseCall, inStep: number): RowPlan {
  const { x, y, window } = call;
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const [, , outWidth = 0] = y.shape;
  const [, columns] = window.size;
  const [, stride] = window.strides;
  // Smaller blocks see fewer columns.
  const block = isCrowded(call) && stride > 1 ? Math.min(2, outWidth) : blockOf(outWidth, stride);
  return {
    ...{ channels, inStep, outStep: channels, weightStep: channels },
    ...{ width, outWidth, columns, stride, dilation: window.dilations[1] },
    ...{ left: placeWindow(window, height, width).left, block },
  };
}

/** Adds the step for a depthwise convolution by code made for the width of the images. Units are rows of all output images. */
export function lowerDepthwiseRows(lowering: Lowering, call: DepthwiseCall): void {
  const { x, y, window, filter, bias, slopes, activation } = call;
  const [, height = 0, width = 0] = x.shape;
  const [batch = 0, outHeight = 0] = y.shape;
  const channels = channelsOf(x.shape);
  let [source, inStep] = [x.address, channels];
  if (isCrowded(call) && window.strides[1] === 1) {
    // A copy with room between the columns.
    const positions = sizeOf(x.shape.slice(0, -1));
    inStep += gap;
    source = lowering.temporary(4 * positions * inStep);
    lowering.step(rowCopy(lowering), [x.address, source, 4 * channels, 4 * inStep], positions);
  }
  const plan = planOf(call, inStep);
  const key = `depthwise rows ${Object.values(plan).join(' ')} ${epilogueKey(activation)}`;
  const kernel = lowering.kernel(key, 11, (scope) => emitRows(plan, call, scope));
  const { top } = placeWindow(window, height, width);
  const vertical = [height, outHeight, window.size[0], window.strides[0], window.dilations[0], top];
  lowering.step(kernel, [source, y.address, filter, bias, slopes, ...vertical], batch * outHeight);
}

function emitRows(plan: RowPlan, { activation }: DepthwiseCall, scope: KernelScope): void {
  const { f, args, from } = scope;
  const [inRow, outRow] = [4 * plan.width * plan.inStep, 4 * plan.outWidth * plan.outStep];
  const [source, target, filter, bias, slopes] = args as Six;
  const [height, outHeight, size, stride, dilation, top] = args.slice(5) as Six;
  const [image, start, first, count, sourceAt, filterAt] = f.locals('i32', 6) as Six;
  const rowStep = f.local('i32');
  const emitRow = rowWriter(f, plan, activation);
  f.get(dilation).i32Const(inRow).op('i32Mul').set(rowStep);
  f.get(target).get(from).i32Const(outRow).op('i32Mul', 'i32Add').set(target);
  emitUnits(scope, () => {
    f.get(from).get(outHeight).op('i32DivU').set(image);
    f.get(from).get(image).get(outHeight).op('i32Mul', 'i32Sub').get(stride).op('i32Mul');
    f.get(top).op('i32Sub').set(start);
    emitTapRange(f, { start, size, dilation, length: height, first, count });
    f.get(first).get(dilation).op('i32Mul').get(start).op('i32Add');
    f.get(image).get(height).op('i32Mul', 'i32Add').i32Const(inRow).op('i32Mul');
    f.get(source).op('i32Add').set(sourceAt);
    f.get(filter)
      .get(first)
      .i32Const(4 * plan.columns * plan.weightStep)
      .op('i32Mul', 'i32Add')
      .set(filterAt);
    emitRow({ source: sourceAt, rowStep, target, filter: filterAt, rows: count, bias, slopes });
    f.get(target).i32Const(outRow).op('i32Add').set(target);
  });
}
