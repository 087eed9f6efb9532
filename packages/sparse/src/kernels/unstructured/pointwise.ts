import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import { type Address, later } from '../../program/address.js';
import { aligned } from '../../program/arena.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { type ChannelRange, nonzeroStream } from './nonzero-stream.js';
import { productKernel, tilesOf } from './write-product.js';
import { transposeKernel } from './write-transpose.js';

/** The most input channels of a block, when there are several: a tile's inputs stay in the first-level cache. */
const blockChannels = 256;
/** Up to so many channels are one block: results of a block are loaded and stored once more. */
const wholeChannels = 1024;

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
  const tiles = tilesOf(Math.ceil(positions / 4));
  const vectors = tiles[0] ?? 1;
  const large = tiles.filter((size) => size === vectors).length;
  const stride = 16 * vectors;
  const layout = { tapOffset: () => 0, inStride: stride, outStride: stride };
  const blocks = blocksOf(inChannels);
  const table = blocks.flatMap((block) => {
    const stream = nonzeroStream(problem, layout, block);
    const address = lowering.constant(stream.words);
    return [address, later(address, stream.words.byteLength), 4 * block.from, block.to - block.from];
  });
  const mostChannels = Math.max(...blocks.map(({ from, to }) => to - from));
  const packedBytes = aligned(mostChannels * stride);
  const packed = lowering.scratch(packedBytes + outChannels * stride);
  const sizes = large === tiles.length ? [vectors] : [vectors, vectors - 1];
  const calls = blocks.map((_, index) => {
    const part = { isFirst: index === 0, isLast: index === blocks.length - 1 };
    return sizes.map((size) => productKernel(lowering, size, activation, part));
  });
  lowering.step(
    pointwiseKernel(lowering, vectors, calls),
    [
      ...[x, y, packed, later(packed, packedBytes), 4 * inChannels, 4 * outChannels, positions, large],
      ...table,
    ],
    tiles.length,
  );
}

/** Input channels in blocks of equal size. */
function blocksOf(channels: number): ChannelRange[] {
  const count = channels <= wholeChannels ? 1 : Math.ceil(channels / blockChannels);
  return Array.from({ length: count }, (_, index) => ({
    from: Math.floor((channels * index) / count),
    to: Math.floor((channels * (index + 1)) / count),
  }));
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
  const indices = products.map((sizes) => sizes.map(({ builder }) => builder.index).join());
  const arity = commonArguments + 4 * products.length;
  return lowering.kernel(`unstructured-pointwise(${indices.join(';')})`, arity, ({ f, args, from, to }) => {
    const [x, y, packedX, packedY, inBytes, outBytes, positions, large] = args as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [first, count, stride] = f.locals('i32', 3) as [Local, Local, Local];
    f.i32Const(16 * vectors).set(stride);
    f.block((none) => {
      f.get(from).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        emitTile();
        products.forEach((sizes, block) => {
          const [begin, end, offset, channels] = args.slice(commonArguments + 4 * block) as [
            ...[Local, Local, Local, Local],
          ];
          f.get(x).get(first).get(inBytes).op('i32Mul', 'i32Add').get(offset).op('i32Add').get(packedX);
          f.get(inBytes).get(stride).get(count).i32Const(0).get(channels).call(pack.builder);
          emitProduct(sizes, () => f.get(packedX).get(packedY).get(begin).get(end));
        });
        f.get(packedY).get(y).get(first).get(outBytes).op('i32Mul', 'i32Add').get(stride).get(outBytes);
        f.get(outBytes).i32Const(2).op('i32ShrU').i32Const(0).get(count).call(unpack.builder);
        f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
      });
    });

    /** The first position of a tile and their count. Tiles after the large ones have one vector less. */
    function emitTile(): void {
      f.get(from)
        .i32Const(4 * vectors)
        .op('i32Mul');
      f.get(from).get(large).op('i32Sub').i32Const(2).op('i32Shl').i32Const(0);
      f.get(from).get(large).op('i32GtU', 'select', 'i32Sub').set(first);
      f.i32Const(4 * vectors)
        .i32Const(4 * (vectors - 1))
        .get(from)
        .get(large)
        .op('i32LtU', 'select')
        .set(count);
      f.get(count).get(positions).get(first).op('i32Sub');
      f.get(count).get(positions).get(first).op('i32Sub', 'i32LtU', 'select').set(count);
    }

    /** Calls the kernel of the tile's size. */
    function emitProduct([ofLarge, ofSmall]: readonly Kernel[], pushArguments: () => FunctionBuilder): void {
      if (ofLarge === undefined) return;
      if (ofSmall === undefined) {
        pushArguments().call(ofLarge.builder);
        return;
      }
      f.block((done) => {
        f.get(from)
          .get(large)
          .op('i32LtU')
          .if(() => {
            pushArguments().call(ofLarge.builder).br(done);
          });
        pushArguments().call(ofSmall.builder);
      });
    }
  });
}
