import type { Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import type { Window } from '../graph/window.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand } from './operation-rule.js';
import { lowerWindow, type WindowScope } from './window-kernel.js';

/** A depthwise convolution of at least four channels with a multiplier of 1, its constants in memory. */
export interface DepthwiseCall {
  readonly x: Operand;
  readonly y: Operand;
  readonly window: Window;
  /** One of the light ones. */
  readonly activation: Activation;
  /** [height, width, channels] */
  readonly filter: Address;
  /** [channels] */
  readonly bias: Address;
  /** [channels]; any address when the activation has none. */
  readonly slopes: Address;
}

/** Adds the step for a depthwise convolution with any window. */
export function lowerAnyDepthwise(lowering: Lowering, call: DepthwiseCall): void {
  const { filter, bias, slopes, activation } = call;
  const key = `depthwise ${epilogueKey(activation)}`;
  lowerWindow(lowering, key, { ...call, extra: [filter, bias, slopes] }, (scope) =>
    emitPosition(activation, scope),
  );
}

/** Computes all channels at a position: 16 at a time, then 4. The last ones may be computed twice. */
function emitPosition(activation: Activation, scope: WindowScope): void {
  const { f, origin, target, bytes, firstY, firstX, countX, countY, sizeX, stepX, stepY, extra } = scope;
  const [filter, bias, slopes] = extra as [Local, Local, Local];
  const [channel, at, rowAt, ys, xs, weightAt] = f.locals('i32', 6) as [
    ...[Local, Local, Local],
    ...[Local, Local, Local],
  ];
  const weightRowAt = f.local('i32');
  const sums = f.locals('v128', 4);
  const temporary = f.local('v128');
  f.i32Const(0).set(channel);
  f.block((done) => {
    f.loop((next) => {
      f.get(channel).i32Const(64).op('i32Add').get(bytes).op('i32GtU').brIf(done);
      emitGroup(4);
      f.get(channel).i32Const(64).op('i32Add').set(channel).br(next);
    });
  });
  f.block((done) => {
    f.loop((next) => {
      f.get(channel).get(bytes).op('i32GeU').brIf(done);
      f.get(bytes).i32Const(16).op('i32Sub').get(channel);
      f.get(channel).i32Const(16).op('i32Add').get(bytes).op('i32GtU', 'select').set(channel);
      emitGroup(1);
      f.get(channel).i32Const(16).op('i32Add').set(channel).br(next);
    });
  });

  function emitGroup(vectors: number): void {
    const group = sums.slice(0, vectors);
    f.get(bias).get(channel).op('i32Add').set(at);
    group.forEach((sum, index) => {
      f.get(at)
        .memory('v128Load', 16 * index)
        .set(sum);
    });
    f.block((done) => {
      f.get(countY).op('i32Eqz').brIf(done).get(countX).op('i32Eqz').brIf(done);
      f.get(origin).get(channel).op('i32Add').set(rowAt).get(countY).set(ys);
      f.get(firstY).get(sizeX).op('i32Mul').get(firstX).op('i32Add').get(bytes).op('i32Mul');
      f.get(filter).op('i32Add').get(channel).op('i32Add').set(weightRowAt);
      f.loop((nextY) => {
        f.get(rowAt).set(at).get(weightRowAt).set(weightAt).get(countX).set(xs);
        f.loop((nextX) => {
          group.forEach((sum, index) => {
            f.get(sum)
              .get(at)
              .memory('v128Load', 16 * index);
            f.get(weightAt).memory('v128Load', 16 * index);
            f.op('f32x4Mul', 'f32x4Add').set(sum);
          });
          f.get(at).get(stepX).op('i32Add').set(at);
          f.get(weightAt).get(bytes).op('i32Add').set(weightAt);
          f.get(xs).i32Const(1).op('i32Sub').tee(xs).brIf(nextX);
        });
        f.get(rowAt).get(stepY).op('i32Add').set(rowAt);
        f.get(weightRowAt).get(sizeX).get(bytes).op('i32Mul', 'i32Add').set(weightRowAt);
        f.get(ys).i32Const(1).op('i32Sub').tee(ys).brIf(nextY);
      });
    });
    group.forEach((sum, index) => {
      f.get(target).get(channel).op('i32Add').get(sum);
      const pushSlopes = () =>
        f
          .get(slopes)
          .get(channel)
          .op('i32Add')
          .memory('v128Load', 16 * index);
      emitEpilogue(f, activation, { temporary, pushSlopes });
      f.memory('v128Store', 16 * index);
    });
  }
}
