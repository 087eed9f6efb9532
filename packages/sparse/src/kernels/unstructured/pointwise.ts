import type { Local } from '@secateur/wasm-emit';
import { type Address, later } from '../../program/address.js';
import { aligned } from '../../program/arena.js';
import type { Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { nonzeroStream } from './nonzero-stream.js';
import { balancedTiles, productKernel } from './write-product.js';
import { transposeKernel } from './write-transpose.js';

/** The most vectors of a tile: with their sums, the weight and temporaries they fill the registers. */
const mostVectors = 7;

/**
 * Adds the step that computes a pointwise convolution, tile by tile: positions are transposed to rows of channels, each output
 * channel is summed over its nonzeros, and the results are transposed back.
 */
export function lowerPointwise(
  problem: ConvolutionProblem,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { inChannels, outChannels, activation } = problem;
  const positions = problem.batch * problem.outWidth;
  const tiles = balancedTiles(Math.ceil(positions / 4), mostVectors);
  const vectors = tiles[0] ?? 1;
  const large = tiles.filter((size) => size === vectors).length;
  const stride = 16 * vectors;
  const { words } = nonzeroStream(problem, {
    tapOffset: () => 0,
    inStride: stride,
    outStride: stride,
  });
  const stream = lowering.constant(words);
  const packedBytes = aligned(inChannels * stride);
  const packed = lowering.scratch(packedBytes + outChannels * stride);

  const sizes = large === tiles.length ? [vectors] : [vectors, vectors - 1];
  const products = sizes.map((size) => productKernel(lowering, size, activation));
  const pack = transposeKernel(lowering, 'rows');
  const unpack = transposeKernel(lowering, 'columns');
  const key = `unstructured-pointwise(${sizes},${products.map(({ builder }) => builder.index)})`;
  const kernel = lowering.kernel(key, 10, ({ f, args, from, to }) => {
    const [source, target, packedX, packedY, begin, end, inBytes, outBytes, count, largeTiles] = args as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [first, size, bytes] = f.locals('i32', 3) as [Local, Local, Local];
    f.i32Const(16 * vectors).set(bytes);
    f.block((none) => {
      f.get(from).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        // The first position is 4 per vector of the tiles before, and of those after the large ones each has one vector less.
        f.get(from)
          .i32Const(4 * vectors)
          .op('i32Mul');
        f.get(from).get(largeTiles).op('i32Sub').i32Const(2).op('i32Shl').i32Const(0);
        f.get(from).get(largeTiles).op('i32GtU', 'select', 'i32Sub').set(first);
        f.i32Const(4 * vectors)
          .i32Const(4 * (vectors - 1))
          .get(from)
          .get(largeTiles)
          .op('i32LtU', 'select');
        f.set(size).get(count).get(first).op('i32Sub').get(size);
        f.get(count).get(first).op('i32Sub').get(size).op('i32LtU', 'select').set(size);

        f.get(source).get(first).get(inBytes).op('i32Mul', 'i32Add').get(packedX).get(inBytes).get(bytes);
        f.get(size).i32Const(0).get(inBytes).i32Const(2).op('i32ShrU').call(pack.builder);
        emitProduct(0);
        f.get(packedY).get(target).get(first).get(outBytes).op('i32Mul', 'i32Add').get(bytes).get(outBytes);
        f.get(outBytes).i32Const(2).op('i32ShrU').i32Const(0).get(size).call(unpack.builder);
        f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
      });
    });

    function emitProduct(index: number): void {
      const product = products[index];
      if (product === undefined) return;
      const emitCall = () => f.get(packedX).get(packedY).get(begin).get(end).call(product.builder);
      if (index + 1 === products.length) {
        emitCall();
        return;
      }
      f.block((done) => {
        f.get(from)
          .get(largeTiles)
          .op('i32LtU')
          .if(() => {
            emitCall();
            f.br(done);
          });
        emitProduct(index + 1);
      });
    }
  });
  lowering.step(
    kernel,
    [
      ...[x, y, packed, later(packed, packedBytes), stream, later(stream, words.byteLength)],
      ...[4 * inChannels, 4 * outChannels, positions, large],
    ],
    tiles.length,
  );
}
