import type { Local } from '@secateur/wasm-emit';
import type { Lowering } from '../program/lowering.js';
import type { BlockInput } from './block-input.js';
import type { OpenCall } from './block-padding.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Bytes of a padded copy from which on it is made in parts, each just before it is used. */
export const largeCopy: number = 512 * 1024;
/** Bytes of such a part, which stays in the second-level cache. */
const bandBytes = 192 * 1024;

/**
 * Adds a step over bands of output rows: each thread copies the rows that a band's windows reach into memory of its own, and
 * computes the band. The units of all calls are rows, of the copy or of outputs.
 */
export function lowerByBands(
  { batch, inChannels, outHeight, filterHeight, dilationY, strideY }: ConvolutionProblem,
  { height, width, row, image }: BlockInput,
  copy: OpenCall,
  calls: readonly OpenCall[],
  lowering: Lowering,
): void {
  const line = 4 * inChannels * width;
  const reach = (filterHeight - 1) * dilationY + 1;
  const bands = bandCount(outHeight, strideY, reach, line);
  const all = [copy, ...calls];
  const shape = [bands, outHeight, height, strideY, reach, line, row, image];
  const key = `bands:${shape.join()}:${all.map(({ kernel }) => kernel.builder.index).join()}`;
  const given = all.flatMap(({ before, after }) => [...before, ...after]);
  const kernel = lowering.kernel(key, 1 + given.length, ({ f, args, from, to }) => {
    const [scratch, ...rest] = args as readonly Local[] as [Local, ...Local[]];
    const [at, first, count] = f.locals('i32', 3) as [Local, Local, Local];
    f.block((done) => {
      f.get(from).get(to).op('i32GeU').brIf(done);
      f.loop((next) => {
        f.get(from).i32Const(bands).op('i32DivU').set(at);
        f.get(from).get(at).i32Const(bands).op('i32Mul', 'i32Sub').set(first);
        startOf(() => f.get(first).i32Const(1).op('i32Add'));
        startOf(() => f.get(first));
        f.tee(first).op('i32Sub').set(count);
        let taken = 0;
        for (const { kernel, before, after } of all) {
          const isCopy = kernel === copy.kernel;
          const [perImage, perRow, bytes, bytesPerImage] = isCopy
            ? [height, strideY, line, height * line]
            : [outHeight, 1, row, image];
          for (const local of rest.slice(taken, taken + before.length)) f.get(local);
          // The band's first row of the first image is where the kernel expects that of this unit.
          f.get(scratch).get(at).i32Const(bytesPerImage).op('i32Mul', 'i32Sub');
          f.get(first)
            .i32Const(perRow * bytes)
            .op('i32Mul', 'i32Sub');
          taken += before.length;
          for (const local of rest.slice(taken, taken + after.length)) f.get(local);
          taken += after.length;
          const pushStart = () => {
            f.get(at).i32Const(perImage).op('i32Mul').get(first).i32Const(perRow).op('i32Mul', 'i32Add');
          };
          pushStart();
          pushStart();
          if (isCopy)
            f.get(count).i32Const(1).op('i32Sub').i32Const(strideY).op('i32Mul').i32Const(reach).op('i32Add');
          else f.get(count);
          f.op('i32Add').call(kernel.builder);
        }
        f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
      });
    });

    /** Replaces the number of a band by its first row: bands differ by at most one row. */
    function startOf(pushBand: () => void): void {
      pushBand();
      f.i32Const(outHeight).op('i32Mul').i32Const(bands).op('i32DivU');
    }
  });
  const rows = Math.ceil(outHeight / bands);
  const scratch = lowering.scratch(((rows - 1) * strideY + reach) * line);
  lowering.step(kernel, [scratch, ...given], batch * bands);
}

/** How many bands an image has: an even number where they are few, since two threads share them. */
function bandCount(outHeight: number, strideY: number, reach: number, line: number): number {
  const fitting = Math.floor((bandBytes / line - reach) / strideY) + 1;
  // Neighbours share rows: with fewer than twice the window's height, much would be copied twice.
  const rows = Math.max(fitting, Math.ceil((2 * reach) / strideY));
  const bands = Math.ceil(outHeight / rows);
  return Math.min(outHeight, bands < 8 ? bands + (bands % 2) : bands);
}
