import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import { channelsOf, sizeOf } from '../graph/shape.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand } from './operation-rule.js';
import { emitLoad, emitSpan, emitStore } from './span.js';
import { emitUnits } from './unit-loop.js';

/** Floats that a unit has at least. */
const least = 64;

/**
 * Adds a step that computes each float of y, which may be x, from that of x and from constants of its channel.
 *
 * @param constants each [channels].
 * @param prepare writes what is to be done once, and gives what pushes the result; `load()` pushes x and `constant(i)` what constant i is for the channel.
 */
export function lowerChannelwise(
  lowering: Lowering,
  key: string,
  { x, y, constants }: { x: Operand; y: Operand; constants: readonly Float32Array[] },
  prepare: (f: FunctionBuilder) => (load: () => void, constant: (index: number) => void) => void,
): void {
  const channels = channelsOf(x.shape);
  const count = sizeOf(x.shape);
  if (count === 0) return;
  // A unit is some rows of channels, as many as give whole vectors.
  let period = channels % 4 === 0 ? channels : 4 * channels;
  while (period < least) period *= 2;
  const kernel = lowering.kernel(key, 5, (scope) => {
    const { f, args, from } = scope;
    const [source, target, constantsAt, unit, total] = args as [Local, Local, Local, Local, Local];
    const [at, unitEnd, end, first, shift] = f.locals('i32', 5) as [Local, Local, Local, Local, Local];
    f.get(source).get(total).op('i32Add').set(end);
    f.get(from).get(unit).op('i32Mul').set(shift);
    f.get(source).get(shift).op('i32Add').set(first);
    f.get(target).get(shift).op('i32Add').set(target);
    const write = prepare(f);
    emitUnits(scope, () => {
      f.get(first).set(source).get(constantsAt).set(at);
      f.get(first).get(unit).op('i32Add').tee(first);
      f.get(end).get(first).get(end).op('i32LtU', 'select').set(unitEnd);
      const interleaved = { pointer: at, vectors: constants.length };
      emitSpan(
        f,
        { lead: source, end: unitEnd, others: [target], interleaved, unroll: 4 },
        (width, offset) => {
          f.get(target);
          write(
            () => emitLoad(f.get(source), width, offset),
            (index) => emitLoad(f.get(at), width, offset * constants.length + 16 * index),
          );
          emitStore(f, width, offset);
        },
      );
    });
  });
  const data = lowering.constant(interleave(constants, period));
  lowering.step(kernel, [x.address, y.address, data, 4 * period, 4 * count], Math.ceil(count / period));
}

/** A vector of each constant, then the next one of each, over and over until there are `period` floats of each. */
function interleave(constants: readonly Float32Array[], period: number): Float32Array {
  const mixed = new Float32Array(period * constants.length);
  constants.forEach((values, index) => {
    for (let channel = 0; channel < period; channel += 1) {
      const vector = Math.floor(channel / 4) * constants.length + index;
      mixed[4 * vector + (channel % 4)] = values[channel % values.length] as number;
    }
  });
  return mixed;
}
