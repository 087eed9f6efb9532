import type { Local } from '@secateur/wasm-emit';
import { type Address, later } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { InputLayout } from './block-layout.js';
import type { ConvolutionProblem } from './convolution-problem.js';

/** Copies what windows reach of images, with zeros where they have none. Gives the copy's address. */
export function paddedCopy(
  { batch, inHeight, inWidth, inChannels, top, left }: ConvolutionProblem,
  { height, line }: InputLayout,
  x: Address,
  lowering: Lowering,
): Address {
  const pixel = 4 * inChannels;
  const cropped = Math.max(0, -left);
  const bytes = Math.min(inWidth * pixel, line - left * pixel) - cropped * pixel;
  // A copy of no bytes, too, has to begin in memory.
  const [source, margin] = bytes > 0 ? [cropped * pixel, Math.max(0, left) * pixel] : [0, 0];
  const copy = lowering.temporary(batch * height * line);
  const kernel = lowering.kernel('padded-copy', 9, ({ f, args, from, to }) => {
    const [source, copy, height, top, inHeight, inLine, line, margin, bytes] =
      args as readonly Local[] as Arguments;
    const [row, at, end, image] = f.locals('i32', 4) as [Local, Local, Local, Local];
    f.block((done) => {
      f.loop((next) => {
        f.get(from).get(to).op('i32GeU').brIf(done);
        f.get(from).get(height).op('i32DivU').set(image);
        f.get(from).get(image).get(height).op('i32Mul', 'i32Sub').get(top).op('i32Sub').set(row);
        f.get(copy).get(from).get(line).op('i32Mul', 'i32Add').set(at);
        f.get(at).get(line).op('i32Add').set(end);
        // Unsigned, a row above the image is a large number.
        f.get(row)
          .get(inHeight)
          .op('i32LtU')
          .if(() => {
            fill(margin);
            f.get(at).get(source).get(image).get(inHeight).op('i32Mul').get(row).op('i32Add');
            f.get(inLine).op('i32Mul', 'i32Add').get(bytes).memoryCopy();
            f.get(at).get(bytes).op('i32Add').set(at);
          });
        f.get(end).get(at).op('i32Sub').set(image);
        fill(image);
        f.get(from).i32Const(1).op('i32Add').set(from).br(next);
      });
    });

    /** Writes zeros, which is a call: not one for nothing. */
    function fill(bytes: Local): void {
      f.get(bytes).if(() => {
        f.get(at).i32Const(0).get(bytes).memoryFill();
        f.get(at).get(bytes).op('i32Add').set(at);
      });
    }
  });
  lowering.step(
    kernel,
    [later(x, source), copy, height, top, inHeight, inWidth * pixel, line, margin, Math.max(0, bytes)],
    batch * height,
  );
  return copy;
}

type Arguments = readonly [Local, Local, Local, Local, Local, Local, Local, Local, Local];
