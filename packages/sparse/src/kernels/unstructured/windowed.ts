import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import { type Address, later } from '../../program/address.js';
import { aligned } from '../../program/arena.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import type { ConvolutionProblem } from '../convolution-problem.js';
import { type BandPlan, packCopies, planBands, unpackCopies } from './bands.js';
import { blockProducts, channelBlocks, productsKey } from './channel-blocks.js';
import { nonzeroStream } from './nonzero-stream.js';
import { type Band, windowBytes } from './planes.js';
import { tilesOf } from './tiles.js';
import { transposeKernel } from './write-transpose.js';

/**
 * Adds the step that computes any convolution, band by band. A band's inputs are transposed to planes, one per channel, with
 * zeros around, so that each weight has its inputs next to each other, somewhere in a plane: outputs run on from row to row, and
 * what they get between the rows is not used.
 */
export function lowerWindowed(problem: ConvolutionProblem, x: Address, y: Address, lowering: Lowering): void {
  const { batch, inChannels, outChannels, activation } = problem;
  const plan = planBands(problem);
  const { rows, columns, bands, pitch, inPlane, outPlane } = plan;
  const planes = rows.phases.length * columns.phases.length * inChannels;
  const streams = channelBlocks(problem, windowBytes(rows, columns, pitch)).map((block) =>
    nonzeroStream(
      problem,
      {
        tapOffset(tapY, tapX) {
          const down = rows.taps[tapY] ?? { phase: 0, shift: 0 };
          const across = columns.taps[tapX] ?? { phase: 0, shift: 0 };
          const plane = (down.phase * columns.phases.length + across.phase) * inChannels + block.from;
          return 4 * (plane * inPlane + down.shift * pitch + across.shift);
        },
        inStride: 4 * inPlane,
        outStride: 4 * outPlane,
      },
      block,
    ),
  );
  const inBytes = aligned(4 * planes * inPlane);
  const packed = lowering.scratch(inBytes + 4 * outChannels * outPlane);
  const ends = streams.map((_, index) =>
    streams.slice(0, index + 1).reduce((sum, words) => sum + words.byteLength, 0),
  );
  const stream = new Int32Array((ends.at(-1) ?? 0) / 4);
  streams.forEach((words, index) => void stream.set(words, (ends[index - 1] ?? 0) / 4));
  const data = lowering.constant(stream);
  const table = lowering.constant(bandTable(problem, plan, ends));
  const sizes = [...new Set(bands.flatMap((band) => bandTiles(plan, band)))].sort((a, b) => b - a);
  const products = blockProducts(lowering, Math.min(3, streams.length), sizes, activation);
  lowering.step(
    windowedKernel(lowering, sizes, products),
    [
      ...[x, y, packed, later(packed, inBytes), inBytes, table, data],
      ...[bands.length, 4 * problem.inHeight * problem.inWidth * inChannels],
      ...[4 * problem.outHeight * problem.outWidth * outChannels],
      ...[4 * inChannels, 4 * columns.stride * inChannels, 4 * inPlane, 4 * outChannels, 4 * outPlane],
    ],
    batch * bands.length,
  );
}

/** The vectors of each tile of a band. */
function bandTiles({ pitch }: BandPlan, { rows, columns }: Band): number[] {
  return tilesOf(Math.ceil(((rows - 1) * pitch + columns) / 4));
}

const copyBytes = 12;

/**
 * For each band the bytes from the table's start to its copies into planes, to its copies out of them, to its tiles, and to the
 * end of those; where the list of the ends of blocks of the stream begins and ends. Then the lists themselves.
 */
function bandTable(problem: ConvolutionProblem, plan: BandPlan, ends: readonly number[]): Int32Array {
  const head: number[] = [];
  const lists: number[] = [];
  const headWords = 4 * plan.bands.length + 2;
  const here = () => 4 * (headWords + lists.length);
  for (const band of plan.bands) {
    head.push(here());
    for (const copy of packCopies(problem, plan, band)) lists.push(copy.source, copy.target, copy.count);
    head.push(here());
    for (const copy of unpackCopies(problem, plan, band)) lists.push(copy.source, copy.target, copy.count);
    head.push(here());
    let offset = 0;
    for (const vectors of bandTiles(plan, band)) {
      lists.push(offset, vectors);
      offset += 16 * vectors;
    }
    head.push(here());
  }
  head.push(here(), here() + 4 * ends.length);
  lists.push(0, ...ends);
  return Int32Array.from([...head, ...lists]);
}

/**
 * The kernel of all windowed convolutions whose tiles have certain sizes.
 *
 * @param products for each size the kernels of the first block, of those between, and of the last; of the first and the last; or
 * of the only one.
 */
function windowedKernel(
  lowering: Lowering,
  sizes: readonly number[],
  products: readonly (readonly Kernel[])[],
): Kernel {
  const pack = transposeKernel(lowering, 'rows');
  const unpack = transposeKernel(lowering, 'columns');
  const key = `unstructured-windowed(${sizes},${productsKey(products)})`;
  return lowering.kernel(key, 15, ({ f, args, from, to }) => {
    const [x, y, packedX, packedY, inBytes, table, stream, bands, inImage, outImage] = args as Local[] as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [inPixel, inStep, inPlane, outPixel, outPlane] = args.slice(10) as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const [image, band, at, end, block, lastBlock] = f.locals('i32', 6) as [
      ...[Local, Local, Local, Local, Local, Local],
    ];
    f.block((none) => {
      f.get(from).get(to).op('i32GeU').brIf(none);
      f.loop((next) => {
        f.get(from).get(bands).op('i32DivU').set(image);
        f.get(from).get(image).get(bands).op('i32Mul', 'i32Sub').i32Const(4).op('i32Shl');
        f.get(table).op('i32Add').set(band);
        f.get(packedX).i32Const(0).get(inBytes).memoryFill();
        forEach(0, copyBytes, () => {
          f.get(x).get(image).get(inImage).op('i32Mul', 'i32Add').get(at).memory('i32Load').op('i32Add');
          f.get(packedX).get(at).memory('i32Load', 4).op('i32Add').get(inStep).get(inPlane);
          f.get(at)
            .memory('i32Load', 8)
            .i32Const(0)
            .get(inPixel)
            .i32Const(2)
            .op('i32ShrU')
            .call(pack.builder);
        });
        emitBlocks((kernels) => forEach(8, 8, () => emitTile(kernels)));
        forEach(4, copyBytes, () => {
          f.get(packedY).get(at).memory('i32Load').op('i32Add');
          f.get(y).get(image).get(outImage).op('i32Mul', 'i32Add').get(at).memory('i32Load', 4).op('i32Add');
          f.get(outPlane).get(outPixel).get(outPixel).i32Const(2).op('i32ShrU').i32Const(0);
          f.get(at).memory('i32Load', 8).call(unpack.builder);
        });
        f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
      });
    });

    /** Runs for each item of a list that the band's row of the table names at `offset`. */
    function forEach(offset: number, bytes: number, inside: () => void): void {
      f.get(table).get(band).memory('i32Load', offset).op('i32Add').set(at);
      f.get(table)
        .get(band)
        .memory('i32Load', offset + 4)
        .op('i32Add')
        .set(end);
      f.block((done) => {
        f.get(at).get(end).op('i32GeU').brIf(done);
        f.loop((nextItem) => {
          inside();
          f.get(at).i32Const(bytes).op('i32Add').tee(at).get(end).op('i32LtU').brIf(nextItem);
        });
      });
    }

    function emitBlocks(inside: (kernels: readonly Kernel[]) => void): void {
      const pushList = (word: number): FunctionBuilder =>
        f
          .get(table)
          .get(table)
          .get(bands)
          .i32Const(4)
          .op('i32Shl', 'i32Add')
          .memory('i32Load', word)
          .op('i32Add');
      pushList(0).set(block);
      pushList(4).i32Const(4).op('i32Sub').set(lastBlock);
      products.forEach((kernels, index) => {
        const isBetween = index === 1 && products.length === 3;
        f.loop((nextBlock) => {
          inside(kernels);
          f.get(block).i32Const(4).op('i32Add').set(block);
          if (isBetween) f.get(block).get(lastBlock).op('i32LtU').brIf(nextBlock);
        });
      });
    }

    /** Calls the product of the tile's size. */
    function emitTile(kernels: readonly Kernel[]): void {
      f.block((done) => {
        kernels.forEach(({ builder }, index) => {
          f.get(at)
            .memory('i32Load', 4)
            .i32Const(sizes[index] ?? 0)
            .op('i32Eq')
            .if(() => {
              for (const planes of [packedX, packedY]) f.get(planes).get(at).memory('i32Load').op('i32Add');
              for (const offset of [0, 4]) f.get(stream).get(block).memory('i32Load', offset).op('i32Add');
              f.call(builder).br(done);
            });
        });
      });
    }
  });
}
