import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Address } from '../program/address.js';
import { later } from '../program/address.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** A call of a kernel, but for where it writes to, or reads from, and for its range. */
export interface OpenCall {
  readonly kernel: Kernel;
  readonly before: readonly (Address | number)[];
  readonly after: readonly (Address | number)[];
}

/**
 * The call that copies images, with zeros around them or without their edges, into `height` x `width` each. It lacks the
 * copy's address; its units are the copy's rows.
 */
export function paddedCopy(
  { inHeight, inWidth, inChannels, top, left }: ConvolutionProblem,
  { height, width }: { readonly height: number; readonly width: number },
  x: Address,
  lowering: Lowering,
): OpenCall {
  const pixel = 4 * inChannels;
  const cropped = Math.max(0, -left);
  const columns = Math.max(0, Math.min(inWidth, width - left) - cropped);
  // A copy of no bytes, too, has to begin in memory.
  const firstColumn = columns === 0 ? 0 : cropped;
  const leftColumns = columns === 0 ? width : Math.max(0, left);
  const kernel = lowering.kernel('padded-copy', 10, ({ f, args, from, to }) => {
    writePaddedCopy(f, args as readonly Local[] as PaddedCopyArguments, from, to);
  });
  return {
    kernel,
    before: [later(x, firstColumn * pixel)],
    after: [
      ...[height, top, inHeight, inWidth * pixel, width * pixel],
      ...[leftColumns * pixel, columns * pixel, (width - leftColumns - columns) * pixel],
    ],
  };
}

type PaddedCopyArguments = readonly [
  source: Local,
  target: Local,
  height: Local,
  top: Local,
  inHeight: Local,
  sourceRowBytes: Local,
  targetRowBytes: Local,
  leftBytes: Local,
  bytes: Local,
  rightBytes: Local,
];

/** Each unit is a row of the copy: zeros, a row of the image, zeros. */
function writePaddedCopy(f: FunctionBuilder, args: PaddedCopyArguments, from: Local, to: Local): void {
  const [
    source,
    target,
    height,
    top,
    inHeight,
    sourceRowBytes,
    targetRowBytes,
    leftBytes,
    bytes,
    rightBytes,
  ] = args;
  const [row, at, image] = f.locals('i32', 3) as [Local, Local, Local];
  f.block((done) => {
    f.get(from).get(to).op('i32GeU').brIf(done);
    f.get(target).get(from).get(targetRowBytes).op('i32Mul', 'i32Add').set(at);
    f.loop((next) => {
      f.get(from).get(height).op('i32DivU').tee(image).get(height).op('i32Mul').set(row);
      f.get(from).get(row).op('i32Sub').get(top).op('i32Sub').set(row);
      f.block((written) => {
        // Unsigned, a row above the image is a large number.
        f.get(row)
          .get(inHeight)
          .op('i32LtU')
          .if(() => {
            fill(leftBytes);
            f.get(at)
              .get(source)
              .get(image)
              .get(inHeight)
              .op('i32Mul')
              .get(row)
              .op('i32Add')
              .get(sourceRowBytes);
            f.op('i32Mul', 'i32Add').get(bytes).memoryCopy();
            f.get(at).get(bytes).op('i32Add').set(at);
            fill(rightBytes);
            f.br(written);
          });
        fill(targetRowBytes);
      });
      f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
    });
  });

  /** Fills with zeros, which is a call: not one for nothing. */
  function fill(size: Local): void {
    f.get(size).if(() => {
      f.get(at).i32Const(0).get(size).memoryFill();
      f.get(at).get(size).op('i32Add').set(at);
    });
  }
}
