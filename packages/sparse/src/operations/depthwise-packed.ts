import type { Local } from '@secateur/wasm-emit';
import { placeWindow } from '../graph/window.js';
import { epilogueKey } from '../kernels/epilogue.js';
import type { KernelScope, Lowering } from '../program/lowering.js';
import type { DepthwiseCall } from './depthwise-anywhere.js';
import { type RowPlan, rowWriter } from './depthwise-row.js';
import { fitsRows, isCrowded, planOf } from './depthwise-rows.js';
import { emitTapRange } from './tap-range.js';

/** Channels of a cache line. */
const group = 16;
/** Bytes of the first-level cache that a packed image may fill. */
const room = 24_576;

type Six = [Local, Local, Local, Local, Local, Local];

/** Whether packing images is worth it. */
export function fitsPacked(call: DepthwiseCall): boolean {
  const [, height = 0, width = 0] = call.x.shape;
  const isSmall = height * width * 4 * group <= room;
  return isCrowded(call) && isSmall && call.window.strides[1] === 1 && fitsRows(call);
}

/**
 * Adds the step for a depthwise convolution that first copies 16 channels of an image to one place. Units are such groups of
 * all images.
 */
export function lowerPackedDepthwise(lowering: Lowering, call: DepthwiseCall): void {
  const { x, y, window, activation } = call;
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [, outHeight = 0] = y.shape;
  const plan: RowPlan = { ...planOf(call), channels: group, inStep: group, weightStep: channels };
  const groups = channels / group;
  const key = `depthwise packed ${Object.values(plan).join(' ')} ${epilogueKey(activation)}`;
  const kernel = lowering.kernel(key, 13, (scope) => emitGroups(plan, call, scope));
  const { top } = placeWindow(window, height, width);
  const vertical = [height, outHeight, window.size[0], window.strides[0], window.dilations[0], top];
  const scratch = lowering.scratch(4 * group * height * width);
  const { filter, bias, slopes } = call;
  const args = [x.address, y.address, filter, bias, slopes, scratch, groups, ...vertical];
  lowering.step(kernel, args, batch * groups);
}

function emitGroups(plan: RowPlan, { activation }: DepthwiseCall, { f, args, from, to }: KernelScope): void {
  const bytes = 4 * plan.outStep;
  const [inRow, outRow] = [4 * plan.width * group, plan.outWidth * bytes];
  const [source, target, filter, bias, slopes, packed] = args as Six;
  const [groups, height, outHeight, size, stride, dilation] = args.slice(6) as Six;
  const top = args[12] as Local;
  const [image, channel, start, first, count, row] = f.locals('i32', 6) as Six;
  const [sourceAt, targetAt, filterAt, groupFilter, groupBias, groupSlopes] = f.locals('i32', 6) as Six;
  const rowStep = f.local('i32');
  const emitRow = rowWriter(f, plan, activation);
  f.get(from)
    .get(to)
    .op('i32GeU')
    .if(() => f.op('return'));
  f.get(dilation).i32Const(inRow).op('i32Mul').set(rowStep);
  f.loop((next) => {
    f.get(from).get(groups).op('i32DivU').set(image);
    f.get(from)
      .get(image)
      .get(groups)
      .op('i32Mul', 'i32Sub')
      .i32Const(4 * group)
      .op('i32Mul')
      .set(channel);
    f.get(image)
      .get(height)
      .op('i32Mul')
      .i32Const(plan.width * bytes)
      .op('i32Mul')
      .get(source)
      .op('i32Add');
    f.get(channel).op('i32Add').set(sourceAt);
    emitPacking();
    f.get(image).get(outHeight).op('i32Mul').i32Const(outRow).op('i32Mul').get(target).op('i32Add');
    f.get(channel).op('i32Add').set(targetAt);
    f.get(filter).get(channel).op('i32Add').set(groupFilter);
    f.get(bias).get(channel).op('i32Add').set(groupBias);
    f.get(slopes).get(channel).op('i32Add').set(groupSlopes);
    f.i32Const(0).set(row);
    f.loop((nextRow) => {
      f.get(row).get(stride).op('i32Mul').get(top).op('i32Sub').set(start);
      emitTapRange(f, { start, size, dilation, length: height, first, count });
      f.get(first).get(dilation).op('i32Mul').get(start).op('i32Add').i32Const(inRow).op('i32Mul');
      f.get(packed).op('i32Add').set(sourceAt);
      f.get(groupFilter)
        .get(first)
        .i32Const(4 * plan.columns * plan.weightStep)
        .op('i32Mul', 'i32Add');
      f.set(filterAt);
      const place = { source: sourceAt, rowStep, target: targetAt, filter: filterAt, rows: count };
      emitRow({ ...place, bias: groupBias, slopes: groupSlopes });
      f.get(targetAt).i32Const(outRow).op('i32Add').set(targetAt);
      f.get(row).i32Const(1).op('i32Add').tee(row).get(outHeight).op('i32LtU').brIf(nextRow);
    });
    f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
  });

  function emitPacking(): void {
    const [at, end] = f.locals('i32', 2) as [Local, Local];
    f.get(packed).tee(at).get(height).i32Const(inRow).op('i32Mul', 'i32Add').set(end);
    f.loop((next) => {
      for (let offset = 0; offset < 4 * group; offset += 16) {
        f.get(at).get(sourceAt).memory('v128Load', offset).memory('v128Store', offset);
      }
      f.get(sourceAt).i32Const(bytes).op('i32Add').set(sourceAt);
      f.get(at)
        .i32Const(4 * group)
        .op('i32Add')
        .tee(at)
        .get(end)
        .op('i32LtU')
        .brIf(next);
    });
  }
}
