import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { GlobalPool } from '../graph/operation.js';
import { channelsOf, sizeOf } from '../graph/shape.js';
import type { Lowering } from '../program/lowering.js';
import { SparseError } from '../sparse-error.js';
import type { OperationRule } from './operation-rule.js';
import { poolWriter } from './pool-writer.js';

/** Channels that are added up side by side: a cache line. */
const group = 16;
/** Positions that one accumulator adds up before its sum is divided and joins the others. */
const run = 64;

/** Units are groups of channels of all images. */
export const globalPool: OperationRule<GlobalPool> = {
  outputShape({ keepDims }, [shape = []]) {
    const [batch = 0, ...rest] = shape;
    const positions = sizeOf(rest.slice(0, -1));
    if (shape.length < 2 || positions === 0) {
      throw new SparseError(`a global pooling got an input of shape [${shape}]`, {
        option: 'input',
        value: shape,
      });
    }
    const kept = keepDims ? rest.slice(0, -1).map(() => 1) : [];
    return [batch, ...kept, channelsOf(shape)];
  },
  bound: ({ mode }, [bound = 0]) => (mode === 'max' ? bound : run * bound),
  lower({ mode }, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const channels = channelsOf(x.shape);
    const [batch = 0] = x.shape;
    const positions = sizeOf(x.shape.slice(1, -1));
    const groups = Math.ceil(channels / group);
    const kernel = poolKernel(mode, lowering);
    lowering.step(kernel, [x.address, output.address, 4 * channels, positions, groups], batch * groups);
  },
};

function poolKernel(mode: GlobalPool['mode'], lowering: Lowering) {
  return lowering.kernel(`global ${mode}`, 5, ({ f, args, from, to }) => {
    const [source, target, bytes, positions, groups] = args as [Local, Local, Local, Local, Local];
    const [image, channel, left, at, y] = f.locals('i32', 5) as [Local, Local, Local, Local, Local];
    const [count, rest] = f.locals('i32', 2) as [Local, Local];
    const divisor = f.local('v128');
    const combine = poolWriter(f);
    const partial = f.locals('v128', 4);
    const total = f.locals('v128', 4);
    f.get(from)
      .get(to)
      .op('i32GeU')
      .if(() => f.op('return'));
    f.get(positions).op('f32ConvertI32S', 'f32x4Splat').set(divisor);
    f.loop((next) => {
      f.get(from).get(groups).op('i32DivU').set(image);
      f.get(from)
        .get(image)
        .get(groups)
        .op('i32Mul', 'i32Sub')
        .i32Const(4 * group)
        .op('i32Mul')
        .set(channel);
      f.get(image).get(bytes).op('i32Mul').get(channel).op('i32Add').get(target).op('i32Add').set(y);
      // How many bytes of the group there are.
      f.get(bytes).get(channel).op('i32Sub').set(left);
      f.block((done) => {
        f.get(left)
          .i32Const(4 * group)
          .op('i32GeU');
        f.if(() => {
          emitPool(4, 'v128Load');
          f.br(done);
        });
        f.loop((nextPart) => {
          f.get(left).i32Const(16).op('i32GeU');
          f.if(() => {
            emitPool(1, 'v128Load');
            advance(16);
            f.get(left).brIf(nextPart);
            f.br(done);
          });
          emitPool(1, 'v128Load32Zero');
          advance(4);
          f.get(left).brIf(nextPart);
        });
      });
      f.get(from).i32Const(1).op('i32Add').tee(from).get(to).op('i32LtU').brIf(next);
    });

    function advance(step: number): void {
      f.get(channel).i32Const(step).op('i32Add').set(channel);
      f.get(y).i32Const(step).op('i32Add').set(y);
      f.get(left).i32Const(step).op('i32Sub').set(left);
    }

    /** Pools some vectors, or one float, of all positions. */
    function emitPool(vectors: number, load: 'v128Load' | 'v128Load32Zero'): void {
      const partials = partial.slice(0, vectors);
      const totals = total.slice(0, vectors);
      f.get(image).get(positions).op('i32Mul').get(bytes).op('i32Mul').get(channel).op('i32Add');
      f.get(source).op('i32Add').set(at).get(positions).set(rest);
      for (const local of totals) fill(f, mode).set(local);
      f.loop((nextRun) => {
        f.get(rest).i32Const(run).get(rest).i32Const(run).op('i32LtU', 'select').set(count);
        f.get(rest).get(count).op('i32Sub').set(rest);
        for (const local of partials) fill(f, mode).set(local);
        f.loop((nextPosition) => {
          partials.forEach((local, index) => {
            f.get(at).memory(load, 16 * index);
            combine(mode, local);
          });
          f.get(at).get(bytes).op('i32Add').set(at);
          f.get(count).i32Const(1).op('i32Sub').tee(count).brIf(nextPosition);
        });
        totals.forEach((local, index) => {
          f.get(partials[index] ?? local);
          if (mode === 'average') f.get(divisor).op('f32x4Div');
          combine(mode, local);
        });
        f.get(rest).brIf(nextRun);
      });
      totals.forEach((local, index) => {
        f.get(y).get(local);
        if (load === 'v128Load') f.memory('v128Store', 16 * index);
        else f.laneMemory('v128Store32Lane', 0);
      });
    }
  });
}

/** Pushes what pooling starts from. */
function fill(f: FunctionBuilder, mode: GlobalPool['mode']): FunctionBuilder {
  return mode === 'max' ? f.f32Const(Number.NEGATIVE_INFINITY).op('f32x4Splat') : f.v128Zero();
}
