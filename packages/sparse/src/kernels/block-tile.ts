import type { Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import type { Kernel, Lowering } from '../program/lowering.js';
import { emitEpilogue, epilogueKey } from './epilogue.js';

/** Some positions x some vectors of four channels, whose sums are in registers, and how their inputs are given. */
export interface Tile {
  /** Bytes from the first position's first input to that of each. */
  readonly xOffsets: readonly number[];
  readonly vectors: number;
  /** How many channels of the last vector there are. */
  readonly lanes: number;
  /** Bytes from an output's first channel to the next one's. */
  readonly pixel: number;
  readonly activation: Activation;
  /** How many neighbours in memory each offset stands for; 0 for one. */
  readonly run: number;
  /** Bytes of an offset. */
  readonly width: 2 | 4;
}

/** Accumulators per output, of tiles with 1, 2 or 3 vectors of them: terms go to them in turn, so that they wait less for each other. */
const setsOf = [1, 4, 2, 2];

/**
 * How many inputs, each with an exit after it, a turn of the inner loop takes; a multiple of all sets. Without exits between,
 * V8 moves all loads to the front and runs out of registers.
 */
const exits = 4;

/** The kernel `(x, y, weights; offsets, end)` that computes rows of channels of one tile, from what `packWeights` makes. */
export function tileKernel(tile: Tile, lowering: Lowering): Kernel {
  const { xOffsets, vectors, lanes, pixel, activation, run, width } = tile;
  const positions = xOffsets.length;
  const sets = setsOf[positions * vectors] ?? 1;
  const key = `tile:${[xOffsets.join('.'), vectors, lanes, pixel, epilogueKey(activation), run, width]}`;
  return lowering.kernel(key, 3, ({ f, args, from: offsets, to }) => {
    const [x, y, weights] = args as readonly Local[] as [Local, Local, Local];
    const [yAt, end, xAt, limit, slopes] = f.locals('i32', 5) as [Local, Local, Local, Local, Local];
    const sums = f.locals('v128', sets * positions * vectors);
    const factors = f.locals('v128', vectors);
    const input = f.local('v128');
    // [set][position][vector]
    const sumOf = (set: number, position: number, vector: number) =>
      sums[(set * positions + position) * vectors + vector] as Local;

    f.loop((nextRow) => {
      load(0);
      f.i32Const(16 * vectors)
        .op('i32Mul')
        .get(y)
        .op('i32Add')
        .set(yAt);
      load(1);
      f.i32Const(width).op('i32Mul');
      move(offsets, 2 * width);
      f.get(offsets).op('i32Add').set(end);
      for (const [at, sum] of sums.entries()) {
        if (at < positions * vectors) f.get(weights).memory('v128Load', 16 * (at % vectors));
        else f.v128Zero();
        f.set(sum);
      }
      move(weights, 16 * vectors);
      if (activation.kind === 'prelu') {
        f.get(weights).set(slopes);
        move(weights, 16 * vectors);
      }
      if (run > 0) {
        repeat(offsets, end, width, 1, () => {
          locate(0);
          f.get(xAt)
            .i32Const(4 * run)
            .op('i32Add')
            .set(limit);
          repeat(xAt, limit, 4, exits, (turn) => {
            multiplyAdd(turn % sets, 0);
            move(weights, 16 * vectors);
          });
        });
      } else {
        // Small tiles have registers for several inputs at once, each with sums of its own, and save the exits.
        const group = positions + vectors <= 4 ? sets : 1;
        if (group > 1) {
          f.get(end)
            .i32Const((group - 1) * width)
            .op('i32Sub')
            .set(limit);
          repeat(offsets, limit, group * width, 1, () => several(group, 0));
        }
        repeat(offsets, end, width, group > 1 ? 1 : exits, (turn) => several(1, turn));
      }
      store();
      f.get(offsets).get(to).op('i32LtU').brIf(nextRow);
    });

    /** Pushes one of the next numbers. */
    function load(index: number): void {
      f.get(offsets).memory(width === 2 ? 'i32Load16U' : 'i32Load', index * width);
    }

    function move(address: Local, bytes: number): void {
      f.get(address).i32Const(bytes).op('i32Add').set(address);
    }

    /** Goes on in steps while below a limit, some a turn. */
    function repeat(
      at: Local,
      limit: Local,
      step: number,
      turns: number,
      write: (turn: number) => void,
    ): void {
      f.block((done) => {
        if (run === 0) f.get(at).get(limit).op('i32GeU').brIf(done);
        f.loop((next) => {
          for (let turn = 0; turn < turns; turn += 1) {
            write(turn);
            f.get(at).i32Const(step).op('i32Add').tee(at).get(limit);
            if (turn < turns - 1) f.op('i32GeU').brIf(done);
            else f.op('i32LtU').brIf(next);
          }
        });
      });
    }

    function locate(index: number): void {
      f.get(x);
      load(index);
      f.op('i32Add').set(xAt);
    }

    function several(inputs: number, turn: number): void {
      for (let index = 0; index < inputs; index += 1) {
        locate(index);
        multiplyAdd((turn + index) % sets, index);
      }
      move(weights, 16 * vectors * inputs);
    }

    /** Adds the products of one input of each position with its weights, which follow those of `index` others. */
    function multiplyAdd(set: number, index: number): void {
      for (const [vector, factor] of factors.entries())
        f.get(weights)
          .memory('v128Load', 16 * (index * vectors + vector))
          .set(factor);
      for (const [position, offset] of xOffsets.entries()) {
        f.get(xAt).memory('v128Load32Splat', offset).set(input);
        for (const [vector, factor] of factors.entries()) {
          const sum = sumOf(set, position, vector);
          f.get(sum).get(factor).get(input).op('f32x4Mul', 'f32x4Add').set(sum);
        }
      }
    }

    function store(): void {
      for (let output = 0; output < positions * vectors; output += 1) {
        const position = Math.floor(output / vectors);
        const vector = output % vectors;
        const sum = sumOf(0, position, vector);
        f.get(sum);
        for (let set = 1; set < sets; set += 1) f.get(sumOf(set, position, vector)).op('f32x4Add');
        emitEpilogue(f, activation, {
          temporary: input,
          pushSlopes: () => f.get(slopes).memory('v128Load', 16 * vector),
        });
        f.set(sum);
        const at = position * pixel + 16 * vector;
        if (lanes === 4 || vector < vectors - 1) f.get(yAt).get(sum).memory('v128Store', at);
        else {
          for (let lane = 0; lane < lanes; lane += 1)
            f.get(yAt)
              .get(sum)
              .laneMemory('v128Store32Lane', lane, at + 4 * lane);
        }
      }
    }
  });
}
