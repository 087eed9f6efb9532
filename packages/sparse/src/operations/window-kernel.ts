import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Window } from '../graph/window.js';
import { placeWindow } from '../graph/window.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand } from './operation-rule.js';
import { emitTapRange } from './tap-range.js';
import { emitUnits } from './unit-loop.js';

/** What code for one position of a window is written with. All are i32. */
export interface WindowScope {
  readonly f: FunctionBuilder;
  /** The address of the first channel of the window's first element that is on the image. May be overwritten. */
  readonly origin: Local;
  /** The address of the first channel of the output's position. */
  readonly target: Local;
  /** Bytes of the channels of a position. */
  readonly bytes: Local;
  /** Which rows and columns of the window are the first on the image, and how many are on it; 0 if none is. */
  readonly firstY: Local;
  readonly firstX: Local;
  readonly countY: Local;
  readonly countX: Local;
  /** The columns of the window. */
  readonly sizeX: Local;
  /** Bytes between two rows, and two columns, of the window on the image. */
  readonly stepY: Local;
  readonly stepX: Local;
  /** Arguments of the kernel's own. */
  readonly extra: readonly Local[];
}

type Eight = [Local, Local, Local, Local, Local, Local, Local, Local];

/** Adds a step that moves a window over images, to outputs of as many channels. Units are rows of all output images. */
export function lowerWindow(
  lowering: Lowering,
  key: string,
  call: { x: Operand; y: Operand; window: Window; extra: readonly (Address | number)[] },
  write: (scope: WindowScope) => void,
): void {
  const { x, y, window, extra } = call;
  const kernel = lowering.kernel(key, 15 + extra.length, (kernelScope) => {
    const { f, args, from } = kernelScope;
    const [source, target, bytes, height, width, outHeight, outWidth] = args as Eight;
    const [sizeY, sizeX, strideY, strideX, dilationY, dilationX, top, left] = args.slice(7) as Eight;
    const [image, startY, firstY, countY, startX, firstX, countX, column] = f.locals('i32', 8) as Eight;
    const [origin, rowBytes, stepX, stepY] = f.locals('i32', 4) as [Local, Local, Local, Local];
    const scope = { f, origin, target, bytes, firstY, firstX, countY, countX, sizeX, stepY, stepX };
    f.get(width).get(bytes).op('i32Mul').set(rowBytes);
    f.get(rowBytes).get(dilationY).op('i32Mul').set(stepY);
    f.get(bytes).get(dilationX).op('i32Mul').set(stepX);
    f.get(from).get(outWidth).op('i32Mul').get(bytes).op('i32Mul').get(target).op('i32Add').set(target);
    emitUnits(kernelScope, () => {
      f.get(from).get(outHeight).op('i32DivU').set(image);
      f.get(from).get(image).get(outHeight).op('i32Mul', 'i32Sub').get(strideY).op('i32Mul');
      f.get(top).op('i32Sub').set(startY);
      const vertical = { start: startY, size: sizeY, dilation: dilationY, length: height };
      emitTapRange(f, { ...vertical, first: firstY, count: countY });
      f.i32Const(0).set(column).i32Const(0).get(left).op('i32Sub').set(startX);
      f.loop((nextColumn) => {
        const horizontal = { start: startX, size: sizeX, dilation: dilationX, length: width };
        emitTapRange(f, { ...horizontal, first: firstX, count: countX });
        f.get(firstY).get(dilationY).op('i32Mul').get(startY).op('i32Add');
        f.get(image).get(height).op('i32Mul', 'i32Add').get(rowBytes).op('i32Mul');
        f.get(firstX).get(dilationX).op('i32Mul').get(startX).op('i32Add').get(bytes).op('i32Mul', 'i32Add');
        f.get(source).op('i32Add').set(origin);
        write({ ...scope, extra: args.slice(15) });
        f.get(target).get(bytes).op('i32Add').set(target);
        f.get(startX).get(strideX).op('i32Add').set(startX);
        f.get(column).i32Const(1).op('i32Add').tee(column).get(outWidth).op('i32LtU').brIf(nextColumn);
      });
    });
  });
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const [batch = 0, outHeight = 0, outWidth = 0] = y.shape;
  const { top, left } = placeWindow(window, height, width);
  const sizes = [4 * channels, height, width, outHeight, outWidth];
  const moves = [...window.size, ...window.strides, ...window.dilations, top, left];
  lowering.step(kernel, [x.address, y.address, ...sizes, ...moves, ...extra], batch * outHeight);
}
