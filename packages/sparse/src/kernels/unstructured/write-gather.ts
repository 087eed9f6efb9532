import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import { emitEpilogue, epilogueKey } from '../epilogue.js';
import { blockEntries, gatherHeaderBytes } from './gather-stream.js';

/** Output channels of a unit. */
export const groupChannels = 8;

const highHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const secondLane = [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7];

/**
 * The kernel `(x, y, headers, blocks, bytes per input row, bytes per output row, rows, output channels)` of products with few
 * rows: four nonzeros of an output channel at a time, whose inputs are gathered.
 */
export function gatherKernel(lowering: Lowering, indexBytes: 2 | 4, activation: Activation): Kernel {
  const key = `gather(${indexBytes},${epilogueKey(activation)})`;
  return lowering.kernel(key, 8, ({ f, args, from, to }) => {
    const [x, y, headers, blocks, inBytes, outBytes, rows, channels] = args as [
      ...[Local, Local, Local, Local, Local, Local, Local, Local],
    ];
    const [channel, end, row, input, output, header] = f.locals('i32', 6) as [
      ...[Local, Local, Local, Local, Local, Local],
    ];
    const sumOfRow = emitRow(f, indexBytes);
    f.get(to).i32Const(groupChannels).op('i32Mul').set(end);
    f.get(channels).get(end).get(channels).get(end).op('i32LtU', 'select').set(end);
    f.block((none) => {
      f.get(from).i32Const(groupChannels).op('i32Mul').tee(channel).get(end).op('i32GeU').brIf(none);
      f.loop((nextChannel) => {
        f.get(headers).get(channel).i32Const(gatherHeaderBytes).op('i32Mul', 'i32Add').set(header);
        f.get(x).set(input).get(rows).set(row);
        f.get(y).get(channel).i32Const(2).op('i32Shl', 'i32Add').set(output);
        f.loop((nextRow) => {
          const sum = sumOfRow(input, blocks, header);
          f.get(output);
          f.get(header).memory('v128Load32Splat', 4).get(sum).op('f32x4Add');
          const pushSlopes = () => f.get(header).memory('v128Load32Splat', 8);
          emitEpilogue(f, activation, { temporary: sum, pushSlopes });
          f.laneMemory('v128Store32Lane', 0);
          f.get(input)
            .get(inBytes)
            .op('i32Add')
            .set(input)
            .get(output)
            .get(outBytes)
            .op('i32Add')
            .set(output);
          f.get(row).i32Const(1).op('i32Sub').tee(row).brIf(nextRow);
        });
        f.get(channel).i32Const(1).op('i32Add').tee(channel).get(end).op('i32LtU').brIf(nextChannel);
      });
    });
  });
}

/** Sums the products of one output channel with one row. The sum is in the first lane of the local that it gives back. */
function emitRow(
  f: FunctionBuilder,
  indexBytes: 2 | 4,
): (input: Local, blocks: Local, header: Local) => Local {
  const sums = f.locals('v128', 2) as [Local, Local];
  const gathered = f.local('v128');
  const [at, end] = f.locals('i32', 2) as [Local, Local];
  const weightsAt = blockEntries * indexBytes;
  const load = indexBytes === 2 ? 'i32Load16U' : 'i32Load';
  return (input, blocks, header) => {
    for (const sum of sums) f.v128Zero().set(sum);
    f.get(blocks).get(header).memory('i32Load').op('i32Add').set(at);
    f.get(blocks).get(header).memory('i32Load', gatherHeaderBytes).op('i32Add').set(end);
    f.block((done) => {
      f.get(at).get(end).op('i32GeU').brIf(done);
      f.loop((next) => {
        sums.forEach((sum, half) => {
          for (let lane = 0; lane < 4; lane += 1) {
            f.get(input)
              .get(at)
              .memory(load, (4 * half + lane) * indexBytes)
              .op('i32Add');
            if (lane === 0) f.memory('v128Load32Zero');
            else f.get(gathered).laneMemory('v128Load32Lane', lane);
            f.set(gathered);
          }
          f.get(sum)
            .get(at)
            .memory('v128Load', weightsAt + 16 * half)
            .get(gathered);
          f.op('f32x4Mul', 'f32x4Add').set(sum);
        });
        f.get(at)
          .i32Const(weightsAt + 4 * blockEntries)
          .op('i32Add')
          .tee(at)
          .get(end)
          .op('i32LtU')
          .brIf(next);
      });
    });
    const [sum, other] = sums;
    f.get(sum).get(other).op('f32x4Add').set(sum);
    f.get(sum).get(sum).get(sum).i8x16Shuffle(highHalf).op('f32x4Add').set(sum);
    f.get(sum).get(sum).get(sum).i8x16Shuffle(secondLane).op('f32x4Add').set(sum);
    return sum;
  };
}
