import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import { emitEpilogue, epilogueKey } from './epilogue.js';

/** A tile of outputs in registers: some positions, some vectors of four channels each. */
export interface RegisterTile {
  /** Bytes from the first position's first input to that of each. */
  readonly xOffsets: readonly number[];
  readonly vectors: number;
  /** How many channels of the last vector there are. */
  readonly lanes: 1 | 2 | 3 | 4;
  /** Accumulators per output: terms go to them in turn, so that they wait less for each other. */
  readonly sets: 1 | 2 | 4;
  /** Bytes from an output's first channel to the next one's. */
  readonly yStride: number;
  readonly activation: Activation;
}

/**
 * How many inputs, each with an exit after it, a turn of a tile's inner loop takes; a multiple of all `sets`. Without exits
 * between, V8 moves all loads to the front and runs out of registers.
 */
export const exits = 4;

/** What a tile's code depends on. */
export function tileKey(tile: RegisterTile): string {
  const { xOffsets, vectors, lanes, sets, yStride, activation } = tile;
  return [xOffsets.join('.'), vectors, lanes, sets, yStride, epilogueKey(activation)].join();
}

/** Bytes at the start of a row of weights: biases, then slopes. */
function headerBytes({ vectors, activation }: RegisterTile): number {
  return 16 * vectors * (activation.kind === 'prelu' ? 2 : 1);
}

/** The code that computes one tile: its sums start as biases, get their terms, and are stored. */
export class TileCode {
  readonly #f: FunctionBuilder;
  readonly #tile: RegisterTile;
  /** [set][position][vector] */
  readonly #sums: readonly Local[];
  readonly #weights: readonly Local[];
  readonly #x: Local;
  readonly #slopes: Local;

  constructor(f: FunctionBuilder, tile: RegisterTile) {
    const { xOffsets, vectors, sets } = tile;
    this.#f = f;
    this.#tile = tile;
    this.#sums = f.locals('v128', sets * xOffsets.length * vectors);
    this.#weights = f.locals('v128', vectors);
    this.#x = f.local('v128');
    this.#slopes = f.local('i32');
  }

  /** Starts sums with the biases that are at an address, which moves past what belongs to the row alone. */
  begin(weights: Local): void {
    const f = this.#f;
    const { xOffsets, vectors, sets } = this.#tile;
    const positions = xOffsets.length;
    for (let vector = 0; vector < vectors; vector += 1) {
      const first = this.#sum(0, 0, vector);
      f.get(weights)
        .memory('v128Load', 16 * vector)
        .set(first);
      for (let position = 1; position < positions; position += 1)
        f.get(first).set(this.#sum(0, position, vector));
    }
    for (const sum of this.#sums.slice(positions * vectors, sets * positions * vectors))
      f.v128Zero().set(sum);
    if (this.#tile.activation.kind === 'prelu')
      f.get(weights)
        .i32Const(16 * vectors)
        .op('i32Add')
        .set(this.#slopes);
    f.get(weights).i32Const(headerBytes(this.#tile)).op('i32Add').set(weights);
  }

  /** Adds the products of one input of each position with its weights, which follow those of `index` others. */
  multiplyAdd(x: Local, weights: Local, set: number, index = 0): void {
    const f = this.#f;
    const { vectors, xOffsets } = this.#tile;
    this.#weights.forEach((local, vector) => {
      f.get(weights)
        .memory('v128Load', 16 * (index * vectors + vector))
        .set(local);
    });
    for (const [position, offset] of xOffsets.entries()) {
      f.get(x).memory('v128Load32Splat', offset).set(this.#x);
      for (let vector = 0; vector < vectors; vector += 1) {
        const sum = this.#sum(set, position, vector);
        f.get(sum)
          .get(this.#weights[vector] as Local)
          .get(this.#x)
          .op('f32x4Mul', 'f32x4Add')
          .set(sum);
      }
    }
  }

  /** Stores the outputs from an address on. */
  end(y: Local): void {
    const f = this.#f;
    const { xOffsets, vectors, sets, lanes, yStride, activation } = this.#tile;
    for (const position of xOffsets.keys()) {
      for (let vector = 0; vector < vectors; vector += 1) {
        const sum = this.#sum(0, position, vector);
        for (let set = 1; set < sets; set += 1)
          f.get(sum)
            .get(this.#sum(set, position, vector))
            .op('f32x4Add')
            .set(sum);
        const at = position * yStride + 16 * vector;
        const isWhole = lanes === 4 || vector < vectors - 1;
        if (isWhole) f.get(y);
        f.get(sum);
        emitEpilogue(f, activation, {
          temporary: this.#x,
          pushSlopes: () => f.get(this.#slopes).memory('v128Load', 16 * vector),
        });
        if (isWhole) f.memory('v128Store', at);
        else {
          f.set(sum);
          for (let lane = 0; lane < lanes; lane += 1)
            f.get(y)
              .get(sum)
              .laneMemory('v128Store32Lane', lane, at + 4 * lane);
        }
      }
    }
  }

  #sum(set: number, position: number, vector: number): Local {
    const { xOffsets, vectors } = this.#tile;
    return this.#sums[(set * xOffsets.length + position) * vectors + vector] as Local;
  }
}
