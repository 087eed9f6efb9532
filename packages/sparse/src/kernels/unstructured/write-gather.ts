import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../../graph/activation.js';
import type { Kernel, Lowering } from '../../program/lowering.js';
import { emitEpilogue, epilogueKey } from '../epilogue.js';
import { blockEntries, type GatherFormat, groupChannels, groupHeader } from './gather-stream.js';

/**
 * The kernel `(x, y, headers, blocks, bytes per input row, bytes per output row, rows)` of products with few rows: four output
 * channels at a time, one in each lane, whose inputs are gathered. Units are groups of channels.
 */
export function gatherKernel(lowering: Lowering, format: GatherFormat, activation: Activation): Kernel {
  const key = `gather(${format.indexBytes},${format.weightBytes},${epilogueKey(activation)})`;
  return lowering.kernel(key, 7, ({ f, args, from, to }) => {
    const [x, y, headers, blocks, inBytes, outBytes, rows] = args as [
      ...[Local, Local, Local, Local, Local, Local, Local],
    ];
    const [row, input, output, header, lastHeader] = f.locals('i32', 5) as [
      ...[Local, Local, Local, Local, Local],
    ];
    const temporary = f.local('v128');
    const emitSum = emitGroup(f, format);
    f.get(headers).get(from).i32Const(groupHeader.bytes).op('i32Mul', 'i32Add').set(header);
    f.get(headers).get(to).i32Const(groupHeader.bytes).op('i32Mul', 'i32Add').set(lastHeader);
    f.block((none) => {
      f.get(header).get(lastHeader).op('i32GeU').brIf(none);
      f.loop((nextGroup) => {
        f.get(x).set(input).get(y).set(output).get(rows).set(row);
        f.loop((nextRow) => {
          const sum = emitSum(input, blocks, header);
          f.get(sum);
          const pushSlopes = () => f.get(header).memory('v128Load', groupHeader.slopes);
          emitEpilogue(f, activation, { temporary, pushSlopes });
          f.set(sum);
          for (let lane = 0; lane < groupChannels; lane += 1) {
            f.get(output)
              .get(header)
              .memory('i32Load', groupHeader.outputs + 4 * lane)
              .op('i32Add');
            f.get(sum).laneMemory('v128Store32Lane', lane);
          }
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
        f.get(header).i32Const(groupHeader.bytes).op('i32Add').tee(header).get(lastHeader);
        f.op('i32LtU').brIf(nextGroup);
      });
    });
  });
}

/** Sums the products of a group with one row, and its bias. Gives back the local with the sums. */
function emitGroup(
  f: FunctionBuilder,
  { indexBytes, weightBytes }: GatherFormat,
): (input: Local, blocks: Local, header: Local) => Local {
  const sums = f.locals('v128', blockEntries);
  const [sum, other] = sums as [Local, Local];
  const [gathered, quantized] = f.locals('v128', 2) as [Local, Local];
  const [at, end] = f.locals('i32', 2) as [Local, Local];
  const weightsAt = groupChannels * blockEntries * indexBytes;
  const load = indexBytes === 2 ? 'i32Load16U' : 'i32Load';
  return (input, blocks, header) => {
    for (const part of sums) f.v128Zero().set(part);
    f.get(blocks).get(header).memory('i32Load', groupHeader.blocks).op('i32Add').set(at);
    f.get(blocks)
      .get(header)
      .memory('i32Load', groupHeader.bytes + groupHeader.blocks)
      .op('i32Add')
      .set(end);
    f.block((done) => {
      f.get(at).get(end).op('i32GeU').brIf(done);
      f.loop((next) => {
        if (weightBytes === 1) {
          f.get(at).memory('v128Load64Zero', weightsAt).op('i16x8ExtendLowI8x16S').set(quantized);
        }
        sums.forEach((part, entry) => {
          for (let lane = 0; lane < groupChannels; lane += 1) {
            f.get(input)
              .get(at)
              .memory(load, (groupChannels * entry + lane) * indexBytes)
              .op('i32Add');
            if (lane === 0) f.memory('v128Load32Zero');
            else f.get(gathered).laneMemory('v128Load32Lane', lane);
            f.set(gathered);
          }
          f.get(part);
          if (weightBytes === 4) f.get(at).memory('v128Load', weightsAt + 16 * entry);
          else {
            f.get(quantized).op(entry === 0 ? 'i32x4ExtendLowI16x8S' : 'i32x4ExtendHighI16x8S');
            f.op('f32x4ConvertI32x4S');
          }
          f.get(gathered);
          f.op('f32x4Mul', 'f32x4Add').set(part);
        });
        f.get(at)
          .i32Const(weightsAt + weightBytes * groupChannels * blockEntries)
          .op('i32Add')
          .tee(at)
          .get(end);
        f.op('i32LtU').brIf(next);
      });
    });
    f.get(sum).get(other).op('f32x4Add');
    if (weightBytes === 1) f.get(header).memory('v128Load', groupHeader.scales).op('f32x4Mul');
    f.get(header).memory('v128Load', groupHeader.bias).op('f32x4Add').set(sum);
    return sum;
  };
}
