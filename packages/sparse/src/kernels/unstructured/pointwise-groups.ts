import type { Local } from '@secateur/wasm-emit';
import type { Address } from '../../program/address.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { blockProducts, channelBlocks, equalParts, productsKey } from './channel-blocks.js';
import { entryBytes, nonzeroStream } from './nonzero-stream.js';
import { emitBySize, emitTileRange, type TileRow, tileRow, tileSizes } from './tiles.js';
import { transposeKernel } from './write-transpose.js';

/** The most bytes of the nonzeros of a group: they stay in the second-level cache from one tile to the next. */
const groupBytes = 256 * 1024;

/** How many groups of output channels to compute a pointwise convolution in; 1 when its nonzeros stay in the cache anyway. */
export function groupCount({ batch, outWidth, weights, outChannels }: ConvolutionProblem): number {
  if (tileRow(batch * outWidth).tiles === 1) return 1;
  const groups = Math.ceil((entryBytes * weights.nonZeros) / groupBytes);
  return groups <= 1 ? 1 : Math.min(groups, Math.ceil(outChannels / 8));
}

/**
 * Adds the steps that compute a pointwise convolution with many nonzeros: all positions are transposed first; then each unit
 * computes a group of output channels for one tile after the other.
 */
export function lowerPointwiseGroups(
  problem: ConvolutionProblem,
  x: Address,
  y: Address,
  lowering: Lowering,
): void {
  const { inChannels, outChannels, activation } = problem;
  const positions = problem.batch * problem.outWidth;
  const row = tileRow(positions);
  const stride = 16 * row.vectors;
  const packed = lowering.temporary(row.tiles * inChannels * stride);
  lowering.step(
    packKernel(lowering, row.vectors),
    [x, packed, 4 * inChannels, positions, row.large],
    row.tiles,
  );

  const blocks = channelBlocks(inChannels);
  const groups = equalParts(outChannels, groupCount(problem));
  const layout = { tapOffset: () => 0, inStride: stride, outStride: stride };
  const table: number[] = [];
  const streams: Int32Array[] = [];
  let bytes = 0;
  for (const group of groups) {
    table.push(4 * group.from, group.to - group.from);
    for (const block of blocks) {
      const { words } = nonzeroStream(problem, layout, block, group);
      streams.push(words);
      table.push(bytes, bytes + words.byteLength, block.from * stride);
      bytes += words.byteLength;
    }
  }
  const stream = new Int32Array(bytes / 4);
  let at = 0;
  for (const words of streams) {
    stream.set(words, at);
    at += words.length;
  }
  const most = Math.max(...groups.map(({ from, to }) => to - from));
  const results = lowering.scratch(row.tiles * most * stride);
  const products = blockProducts(lowering, blocks.length, tileSizes(row), activation);
  lowering.step(
    groupsKernel(lowering, row, products),
    [
      ...[packed, y, results, lowering.constant(stream), lowering.constant(Int32Array.from(table))],
      ...[inChannels * stride, most * stride, 4 * outChannels, positions, row.large, row.tiles],
    ],
    groups.length,
  );
}

/** The kernel that transposes tiles of positions. */
function packKernel(lowering: Lowering, vectors: number): Kernel {
  const pack = transposeKernel(lowering, 'rows');
  return lowering.kernel(`unstructured-pack(${vectors})`, 5, ({ f, args, from: tile, to }) => {
    const [x, packed, inBytes, positions, large] = args as [Local, Local, Local, Local, Local];
    const [first, count] = f.locals('i32', 2) as [Local, Local];
    f.block((none) => {
      f.get(tile).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        emitTileRange(f, vectors, { tile, large, positions, first, count });
        f.get(x).get(first).get(inBytes).op('i32Mul', 'i32Add');
        f.get(packed)
          .get(tile)
          .get(inBytes)
          .op('i32Mul')
          .i32Const(4 * vectors)
          .op('i32Mul', 'i32Add');
        f.get(inBytes)
          .i32Const(16 * vectors)
          .get(count);
        f.i32Const(0).get(inBytes).i32Const(2).op('i32ShrU').call(pack.builder);
        f.get(tile).i32Const(1).op('i32Add').tee(tile).get(to).op('i32LtU').brIf(next);
      });
    });
  });
}

const headBytes = 8;
const blockBytes = 12;

/** @param products the kernels of each block, for large tiles and for those with one vector less. */
function groupsKernel(
  lowering: Lowering,
  { vectors }: TileRow,
  products: readonly (readonly Kernel[])[],
): Kernel {
  const unpack = transposeKernel(lowering, 'columns');
  const key = `unstructured-groups(${productsKey(products)})`;
  return lowering.kernel(key, 11, ({ f, args, from: group, to }) => {
    const [packed, y, results, stream, table, tileBytes, resultBytes, outBytes] = args as Local[] as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [positions, large, tiles] = args.slice(8) as [Local, Local, Local];
    const [row, tile, first, count] = f.locals('i32', 4) as [Local, Local, Local, Local];
    f.block((none) => {
      f.get(group).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        f.get(table)
          .get(group)
          .i32Const(headBytes + blockBytes * products.length);
        f.op('i32Mul', 'i32Add').set(row);
        products.forEach((sizes, block) => {
          const at = headBytes + blockBytes * block;
          forEachTile(() =>
            emitBySize(f, { tile, large }, sizes, () => {
              f.get(packed).get(tile).get(tileBytes).op('i32Mul', 'i32Add');
              f.get(row)
                .memory('i32Load', at + 8)
                .op('i32Add');
              pushResults();
              for (const offset of [at, at + 4]) {
                f.get(stream).get(row).memory('i32Load', offset).op('i32Add');
              }
              return f;
            }),
          );
        });
        forEachTile(() => {
          emitTileRange(f, vectors, { tile, large, positions, first, count });
          pushResults();
          f.get(y).get(first).get(outBytes).op('i32Mul', 'i32Add').get(row).memory('i32Load').op('i32Add');
          f.i32Const(16 * vectors)
            .get(outBytes)
            .get(row)
            .memory('i32Load', 4);
          f.i32Const(0).get(count).call(unpack.builder);
        });
        f.get(group).i32Const(1).op('i32Add').tee(group).get(to).op('i32LtU').brIf(next);
      });
    });

    function pushResults(): void {
      f.get(results).get(tile).get(resultBytes).op('i32Mul', 'i32Add');
    }

    function forEachTile(inside: () => void): void {
      f.i32Const(0).set(tile);
      f.loop((next) => {
        inside();
        f.get(tile).i32Const(1).op('i32Add').tee(tile).get(tiles).op('i32LtU').brIf(next);
      });
    }
  });
}
