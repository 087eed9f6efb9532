import type { Local } from '@secateur/wasm-emit';
import { type Address, later } from '../../program/address.js';
import { aligned } from '../../program/arena.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { blockProducts, channelBlocks, productsKey } from './channel-blocks.js';
import { nonzeroStream } from './nonzero-stream.js';
import { emitBySize, emitTileRange, tileRow, tileSizes } from './tiles.js';
import { transposeKernel } from './write-transpose.js';

/**
 * Adds the step that computes a pointwise convolution, tile by tile: positions are transposed to rows of channels, each output
 * channel is summed over its nonzeros, and the results are transposed back. Many input channels are taken block by block.
 */
export function lowerPointwise(
  problem: ConvolutionProblem,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { inChannels, outChannels, activation } = problem;
  const positions = problem.batch * problem.outWidth;
  const row = tileRow(positions);
  const stride = 16 * row.vectors;
  const layout = { tapOffset: () => 0, inStride: stride, outStride: stride };
  const blocks = channelBlocks(problem, stride);
  const table = blocks.flatMap((block) => {
    const words = nonzeroStream(problem, layout, block);
    const stream = lowering.constant(words);
    return [stream, later(stream, words.byteLength), 4 * block.from, block.to - block.from];
  });
  const packedBytes = aligned(Math.max(...blocks.map(({ from, to }) => to - from)) * stride);
  const packed = lowering.scratch(packedBytes + outChannels * stride);
  const products = blockProducts(lowering, blocks.length, tileSizes(row), activation);
  lowering.step(
    pointwiseKernel(lowering, row.vectors, products),
    [
      ...[x, y, packed, later(packed, packedBytes), 4 * inChannels, 4 * outChannels, positions, row.large],
      ...table,
    ],
    row.tiles,
  );
}

const commonArguments = 8;

/** @param products the kernels of each block, for large tiles and for those with one vector less. */
function pointwiseKernel(
  lowering: Lowering,
  vectors: number,
  products: readonly (readonly Kernel[])[],
): Kernel {
  const pack = transposeKernel(lowering, 'rows');
  const unpack = transposeKernel(lowering, 'columns');
  const key = `unstructured-pointwise(${productsKey(products)})`;
  const arity = commonArguments + 4 * products.length;
  return lowering.kernel(key, arity, ({ f, args, from: tile, to }) => {
    const [x, y, packedX, packedY, inBytes, outBytes, positions, large] = args as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [first, count, stride] = f.locals('i32', 3) as [Local, Local, Local];
    f.i32Const(16 * vectors).set(stride);
    f.block((none) => {
      f.get(tile).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        emitTileRange(f, vectors, { tile, large, positions, first, count });
        products.forEach((sizes, block) => {
          const [begin, end, offset, channels] = args.slice(commonArguments + 4 * block) as [
            ...[Local, Local, Local, Local],
          ];
          f.get(x).get(first).get(inBytes).op('i32Mul', 'i32Add').get(offset).op('i32Add').get(packedX);
          f.get(inBytes).get(stride).get(count).i32Const(0).get(channels).call(pack.builder);
          emitBySize(f, { tile, large }, sizes, () => f.get(packedX).get(packedY).get(begin).get(end));
        });
        f.get(packedY).get(y).get(first).get(outBytes).op('i32Mul', 'i32Add').get(stride).get(outBytes);
        f.get(outBytes).i32Const(2).op('i32ShrU').i32Const(0).get(count).call(unpack.builder);
        f.get(tile).i32Const(1).op('i32Add').tee(tile).get(to).op('i32LtU').brIf(next);
      });
    });
  });
}
