import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Graph, ValueId } from '../graph/graph.js';
import { sizeOf } from '../graph/shape.js';
import type { Operand } from '../operations/operation-rule.js';
import type { Address } from './address.js';
import { aligned } from './arena.js';
import { writeScan } from './finite-guard.js';
import { planLanes } from './lane-plan.js';
import { emitBarrier, emitServe, emitStart, laneControl } from './lanes.js';
import type { LoweredProgram } from './lowered-program.js';
import type { Step } from './lowering.js';

/** How a program is written. */
export interface WriteOptions {
  /** Where its block is. */
  readonly base: number;
  /** How many threads run it. */
  readonly lanes: 1 | 2;
  /** Which values to scan before which node; none for a program without kernels that skip zeros. */
  readonly scans: ReadonlyMap<number, readonly ValueId[]>;
  /** Where inputs and outputs are, when that is always the same. By default `run` is told at each call. */
  readonly places?: { readonly inputs: readonly number[]; readonly outputs: readonly number[] };
}

/** The bytes of a program's block. */
export function blockBytes(
  { constantBytes, arenaBytes, scratchBytes }: LoweredProgram,
  lanes: 1 | 2,
): number {
  return (lanes === 1 ? 0 : laneControl.bytes) + constantBytes + arenaBytes + lanes * aligned(scratchBytes);
}

/** Where the constants of a program begin. */
export function constantsAt({ base, lanes }: Pick<WriteOptions, 'base' | 'lanes'>): number {
  return base + (lanes === 1 ? 0 : laneControl.bytes);
}

/**
 * Writes the function that runs the steps: `run(...inputs, ...outputs)`, or `run()` when their places are known. It returns 1
 * when it stopped since a value isn't finite, or is too large to rule out that a later one isn't; else 0. With two lanes there
 * is also `serve()`, which the second thread calls and which never returns.
 */
export function writeProgram(graph: Graph, program: LoweredProgram, options: WriteOptions): void {
  const { base, lanes, scans, places } = options;
  const { module } = program;
  const constants = constantsAt(options);
  const arena = constants + program.constantBytes;
  const scratch = arena + program.arenaBytes;
  const count = places === undefined ? graph.inputs.length + graph.outputs.length : 0;
  const scan = scans.size > 0 ? writeScan(module) : undefined;

  const items = planLanes(program, scans, lanes);
  const run = writeLane(0);
  const isShared = items.some(({ kind }) => kind === 'barrier');
  if (lanes === 2) {
    const second = writeLane(1);
    const serve = module.exported('serve', { params: [], results: [] });
    emitServe(serve, base, () => serve.call(second).op('drop'));
  }
  const main = module.exported('run', { params: params(), results: ['i32'] });
  if (isShared) emitStart(main, base);
  for (const param of main.params) main.get(param);
  main.call(run);

  function params(): 'i32'[] {
    return Array.from({ length: count }, () => 'i32');
  }

  function writeLane(lane: 0 | 1): FunctionBuilder {
    const f = module.function({ params: params(), results: ['i32'] });
    const target = f.local('i32');
    const bad = f.local('i32');
    for (const item of items) {
      if (item.kind === 'step') emitStep(f, item.step, lane, item.isShared);
      else if (item.kind === 'barrier') emitBarrier(f, base, target);
      else if (item.kind === 'scan') emitScan(f, program.operands.get(item.id), lane).set(bad);
      else f.get(bad).if(() => f.i32Const(1).op('return'));
    }
    return f.i32Const(0);
  }

  function emitStep(f: FunctionBuilder, { kernel, args, units }: Step, lane: 0 | 1, isShared: boolean): void {
    const half = Math.ceil(units / 2);
    const end = isShared ? half : units;
    const [from, to] = lane === 0 ? [0, end] : [end, units];
    if (from >= to) return;
    for (const arg of args) {
      if (typeof arg === 'number') f.i32Const(arg);
      else emitAddress(f, arg, f.params, lane);
    }
    f.i32Const(from).i32Const(to).call(kernel.builder);
  }

  function emitScan(f: FunctionBuilder, operand: Operand | undefined, lane: 0 | 1): FunctionBuilder {
    if (scan === undefined || operand === undefined) return f.i32Const(0);
    emitAddress(f, operand.address, f.params, lane);
    return f.i32Const(sizeOf(operand.shape)).call(scan);
  }

  function emitAddress(
    f: FunctionBuilder,
    { region, index, offset }: Address,
    tensors: readonly Local[],
    lane: 0 | 1,
  ): void {
    if (region === 'constant') f.i32Const(constants + offset);
    else if (region === 'arena') f.i32Const(arena + offset);
    else if (region === 'scratch') f.i32Const(scratch + lane * aligned(program.scratchBytes) + offset);
    else if (places !== undefined) f.i32Const((places[`${region}s`][index] ?? 0) + offset);
    else {
      const tensor = tensors[region === 'input' ? index : graph.inputs.length + index];
      if (tensor === undefined) return;
      f.get(tensor);
      if (offset !== 0) f.i32Const(offset).op('i32Add');
    }
  }
}
