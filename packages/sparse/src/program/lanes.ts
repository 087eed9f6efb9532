import type { FunctionBuilder, Local } from '@secateur/wasm-emit';

/** The first bytes of a program's block when two threads share it: counters, on cache lines of their own; zero at first. */
export const laneControl = { arrivals: 0, epoch: 64, bytes: 128 } as const;

/** How often the second lane looks for work before it sleeps: some tens of microseconds. */
const spins = 20_000;

/**
 * Waits until both lanes have arrived. Arrivals are counted for ever, two to a barrier, so that a lane that leaves late
 * can't mistake the next barrier for this one.
 */
export function emitBarrier(f: FunctionBuilder, control: number, target: Local): void {
  const at = control + laneControl.arrivals;
  f.i32Const(at).i32Const(1).atomic('i32AtomicRmwAdd').i32Const(-2).op('i32And').i32Const(2).op('i32Add');
  f.set(target).loop((again) => {
    f.i32Const(at).atomic('i32AtomicLoad').get(target).op('i32Sub').i32Const(0).op('i32LtS').brIf(again);
  });
}

/** Starts a run on the first lane: the second one wakes. */
export function emitStart(f: FunctionBuilder, control: number): void {
  f.i32Const(control + laneControl.epoch)
    .i32Const(1)
    .atomic('i32AtomicRmwAdd')
    .op('drop');
  f.i32Const(control + laneControl.epoch)
    .i32Const(1)
    .atomic('memoryAtomicNotify')
    .op('drop');
}

/** The second lane: runs its part whenever the first starts, for ever. */
export function emitServe(f: FunctionBuilder, control: number, run: () => void): void {
  const at = control + laneControl.epoch;
  const [seen, spin] = f.locals('i32', 2) as [Local, Local];
  f.loop((forever) => {
    f.i32Const(spins).set(spin);
    f.block((started) => {
      f.loop((again) => {
        f.i32Const(at).atomic('i32AtomicLoad').get(seen).op('i32Ne').brIf(started);
        f.get(spin).i32Const(1).op('i32Sub').tee(spin).brIf(again);
        f.i32Const(at).get(seen).i64Const(-1).atomic('memoryAtomicWait32').op('drop').br(again);
      });
    });
    f.get(seen).i32Const(1).op('i32Add').set(seen);
    run();
    f.br(forever);
  });
}
